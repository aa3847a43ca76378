"""Plans a project in memory: names and answers in, files out."""

import base64
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from tornado_cli.files.folder import NewFile
from tornado_cli.rendering import TemplateError, holds, render, replaced
from tornado_cli.scaffold.manifest import MANIFEST, Entry, read_manifest
from tornado_cli.scaffold.record import table_of
from tornado_cli.scaffold.template import Template, own_template

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
    template: Template = field(default_factory=own_template)

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


def planned_files(project: Project) -> list[NewFile]:
    """The files of `project`, whole; nothing is written."""
    root = project.template.root
    manifest = read_manifest(root)
    where = str(root / MANIFEST)
    tree = (root / TREE).resolve()
    project = replace(project, answers=manifest.facts(project.answers, where))
    dropped_calls = manifest.dropped_calls(project.answers, where)
    files = [
        planned_file(entry, project, tree, dropped_calls)
        for entry in manifest.entries
        if not entry.when or holds(entry.when, project.answers, f"{where}: {entry.path}")
    ]
    check_apart([file.path for file in files], where)
    return files


def check_apart(paths: Sequence[PurePosixPath], where: str) -> None:
    """Each file has a place of its own, also where capitals and small letters are one."""
    places = Counter(PurePosixPath(str(path).lower()) for path in paths)
    for path in places:
        if places[path] > 1 or any(parent in places for parent in path.parents):
            raise TemplateError(where, f"{str(path)!r} has the place of another file.")


def planned_file(entry: Entry, project: Project, tree: Path, dropped_calls: Sequence[str]) -> NewFile:
    return NewFile(
        path=PurePosixPath(replaced(str(entry.path), project.words)),
        content=content_of(entry, project, tree, dropped_calls),
        mode=entry.mode,
    )


def content_of(entry: Entry, project: Project, tree: Path, dropped_calls: Sequence[str]) -> bytes:
    source = tree / entry.source
    content = read(source, tree)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return content  # An image or a font: no text to render.
    text = render(text, source=str(source), answers=project.answers, words=project.words, dropped_calls=dropped_calls)
    if entry.secrets:
        text = with_secrets(text)
    if entry.answers:
        text += table_of(project.preset, project.package, project.answers, project.template)
    return text.encode()


def read(source: Path, tree: Path) -> bytes:
    """Read a file of the template; a link may lead to another one of it, and nowhere else."""
    if not source.resolve().is_relative_to(tree):
        raise TemplateError(str(source), "leads out of the template.")
    try:
        # A pipe would be waited for.
        if source.exists() and not source.is_file():
            raise TemplateError(str(source), "is no file.")
        return source.read_bytes()
    except OSError as error:
        raise TemplateError(str(source), f"cannot be read ({error.strerror}).") from error


def with_secrets(text: str) -> str:
    return re.sub(re.escape(SECRET), lambda _: new_secret(), text)


def new_secret() -> str:
    """As secrets.token_urlsafe(32), whose import takes as long as all the rendering."""
    return base64.urlsafe_b64encode(os.urandom(32)).rstrip(b"=").decode()
