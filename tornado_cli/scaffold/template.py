"""Where a template is: ours, one in a folder, or one in a git repository, which is fetched."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tornado_cli import __version__
from tornado_cli.errors import TcliError, UsageError
from tornado_cli.scaffold.catalog import template_root

GIT = "git+"
SCHEMES = ("https://", "ssh://", "file://")
PASSWORD = re.compile(r"(?<=://)[^/@]*:[^/@]*@")


class FetchError(TcliError):
    """A template could not be had."""

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(f"The template {source} cannot be fetched: {problem}.", hint="Check the address, or clone it.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    root: Path
    version: str
    """That of tcli for ours, the commit for one of a repository; empty where there is none."""
    source: str = ""
    """As it was typed, without a password; empty: ours."""


def own_template() -> Template:
    return Template(root=template_root(), version=__version__)


@contextmanager
def opened(wanted: str) -> Iterator[Template]:
    """The template that is called `wanted`, as long as the block lasts; nothing in it is ever executed."""
    if not wanted:
        yield own_template()
    elif not wanted.startswith(GIT):
        yield Template(root=folder_of(wanted), version="", source=wanted)
    else:
        import tempfile

        with tempfile.TemporaryDirectory(prefix="tcli-template-") as folder:
            root = Path(folder) / "template"
            version = fetch(wanted, root)
            yield Template(root=root, version=version, source=without_password(wanted))


def folder_of(wanted: str) -> Path:
    """Raises UsageError where there is none."""
    if not Path(wanted).is_dir():
        raise UsageError(
            f"--template-dir: there is no folder {wanted}.",
            hint="It takes a folder with manifest.toml, or a repository: git+https://example.com/template.git",
        )
    return Path(wanted)


def fetch(wanted: str, root: Path) -> str:
    """Clone into `root`, which is not there yet; return the commit."""
    from tornado_cli.scaffold.git import GitError, git

    address, ref = address_of(wanted)
    branch = [f"--branch={ref}"] if ref else []
    # No links: what is in their place is a file with a path for its text.
    quietly = ["-c", "core.symlinks=false", "clone", "--quiet", "--depth=1", "--no-recurse-submodules", "--template="]
    try:
        git([*quietly, *branch, "--", address, str(root)], root.parent)
        return git(["rev-parse", "HEAD"], root).strip()
    except GitError as error:
        raise FetchError(without_password(wanted), without_password(str(error))) from error


def address_of(wanted: str) -> tuple[str, str]:
    """The address, and the branch or tag behind its last `@`; raises UsageError."""
    folder, slash, last = wanted.removeprefix(GIT).rpartition("/")
    name, _, ref = last.partition("@")
    if not folder.startswith(SCHEMES):
        raise UsageError(
            f"{without_password(wanted)!r} is no address of a git repository that can be fetched.",
            hint="As in: --template-dir git+https://example.com/template.git@v1",
        )
    return folder + slash + name, ref


def without_password(text: str) -> str:
    return PASSWORD.sub("", text)
