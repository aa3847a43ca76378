"""Plans a project in memory: names and answers in, files out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from tornado_cli.files.folder import NewFile
from tornado_cli.rendering import TemplateError, holds, render, replaced
from tornado_cli.scaffold.manifest import MANIFEST, Entry, read_manifest
from tornado_cli.scaffold.record import table_of

# The template's tree is a project itself; the manifest says which of its files are meant.
TREE = "project"
SECRET = "change-me"  # noqa: S105 - the placeholder that the template has in the place of a secret

OLDEST_PYTHON = "3.11"


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """What is asked for, checked."""

    name: str
    package: str
    preset: str
    answers: Mapping[str, bool | str]

    @property
    def words(self) -> dict[str, str]:
        """The template's reserved words and what stands for them here."""
        title = self.name.replace("-", " ").replace("_", " ").title()
        return {
            "project-name": self.name,
            "project_name": self.package,
            "Project Name": title,
            OLDEST_PYTHON: str(self.answers["python"]),
        }


def planned_files(project: Project, root: Path) -> list[NewFile]:
    """The files of `project`, whole; nothing is written."""
    manifest = read_manifest(root)
    where = str(root / MANIFEST)
    project = replace(project, answers=manifest.facts(project.answers, where))
    return [
        planned_file(entry, project, root)
        for entry in manifest.entries
        if not entry.when or holds(entry.when, project.answers, f"{where}: {entry.path}")
    ]


def planned_file(entry: Entry, project: Project, root: Path) -> NewFile:
    return NewFile(
        path=PurePosixPath(replaced(str(entry.path), project.words)),
        content=content_of(entry, project, root / TREE / entry.source),
        mode=entry.mode,
    )


def content_of(entry: Entry, project: Project, source: Path) -> bytes:
    try:
        content = source.read_bytes()
    except OSError as error:
        raise TemplateError(str(source), f"cannot be read ({error.strerror}).") from error
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return content  # An image or a font: no text to render.
    text = render(text, source=str(source), answers=project.answers, words=project.words)
    if entry.secrets:
        text = with_secrets(text)
    if entry.answers:
        text += table_of(project.preset, project.package, project.answers)
    return text.encode()


def with_secrets(text: str) -> str:
    import secrets

    return re.sub(re.escape(SECRET), lambda _: secrets.token_urlsafe(32), text)
