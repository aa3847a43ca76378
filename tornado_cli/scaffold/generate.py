"""Makes a project: what was asked for is checked, planned whole in memory, then written in one step."""

import os
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

from tornado_cli.errors import TcliError, UsageError
from tornado_cli.files.folder import NewFile
from tornado_cli.files.merge import write_into
from tornado_cli.files.obstacles import Arrival, Existing, arrival
from tornado_cli.files.refusals import TargetExistsError
from tornado_cli.files.whole import write_folder
from tornado_cli.rendering import Answers
from tornado_cli.scaffold.catalog import DEFAULT_PRESET, PRESETS
from tornado_cli.scaffold.command import typed
from tornado_cli.scaffold.names import Problem, installed_at, package_of, problem_with, problem_with_package
from tornado_cli.scaffold.project import Project, planned_files
from tornado_cli.scaffold.rules import completed
from tornado_cli.scaffold.template import opened


class BadNameError(UsageError):
    """The name would make a project that does not install, import or stay apart from others."""

    def __init__(self, what: str, name: str, problem: Problem, command: str) -> None:
        super().__init__(f"A {what} cannot be called {name!r}: it {problem.text}.", hint=f"Try: {command}")


class NoParentError(TcliError):
    """The folder that was to hold the project is not there."""

    def __init__(self, parent: Path) -> None:
        super().__init__(f"There is no folder {str(parent)!r} to make the project in.", hint="Make that folder first.")


class NoSuchFileError(UsageError):
    """The project would have no file of that path."""

    def __init__(self, path: str, paths: list[str]) -> None:
        near = get_close_matches(path, paths, n=1, cutoff=0.4)
        hint = f"Did you mean {near[0]}?" if near else "See what there would be: --dry-run"
        super().__init__(f"The project would have no file {path!r}.", hint=hint)


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """A project that could be written now."""

    target: Path
    project: Project
    files: list[NewFile]
    arrival: Arrival | None
    """How the files come into a folder that is there; None: the folder is to be made."""

    def write(self) -> None:
        if self.arrival is None:
            write_folder(self.target, self.files)
        else:
            write_into(self.target, self.arrival)

    def file_at(self, path: str) -> NewFile:
        """Return one of the files; raises NoSuchFileError."""
        for file in self.files:
            if file.path == PurePosixPath(path):
                return file
        raise NoSuchFileError(path, [str(file.path) for file in self.files])


NO_ANSWERS: Answers = {}


def plan(
    target: Path,
    *,
    preset: str = DEFAULT_PRESET,
    package: str = "",
    given: Answers = NO_ANSWERS,
    existing: Existing = Existing.REFUSED,
    template_dir: str = "",
) -> Plan:
    """Check everything that can be checked without writing. The folder's name is the project's."""
    answers = completed(PRESETS[preset].answers, given)
    name = absolute(target).name
    check_name(target, name, package)
    package = package or package_of(name)
    check_package(target, package)
    check_place(target, existing)
    with opened(template_dir) as template:
        project = Project(name=name, package=package, preset=preset, answers=answers, template=template)
        files = planned_files(project)
    is_entered = existing is not Existing.REFUSED and target.is_dir()
    arrives = arrival(target, files, existing) if is_entered else None
    return Plan(target=absolute(target), project=project, files=files, arrival=arrives)


def absolute(path: Path) -> Path:
    """`path` with a last part that is a name, also for `.`; links stay links."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - Path.absolute keeps the dots, Path.resolve follows links.


def check_place(target: Path, existing: Existing) -> None:
    if not target.parent.is_dir():
        raise NoParentError(target.parent)
    if not os.path.lexists(target):
        return
    if target.is_symlink() or not target.is_dir():
        raise TargetExistsError(target)
    if existing is Existing.REFUSED:
        again = f"tcli new {typed(target)} --skip-existing"
        raise TargetExistsError(target, f"--skip-existing adds what is missing there, --force replaces, too: {again}")


def check_name(target: Path, name: str, package: str) -> None:
    problem = problem_with(name)
    if problem:
        raise BadNameError("project", name, problem, f"tcli new {typed(target.parent / problem.suggestion)}")
    problem = problem_with_package(package) if package else None
    if problem:
        raise BadNameError("package", package, problem, f"tcli new {typed(target)} --package {problem.suggestion}")


def check_package(target: Path, package: str) -> None:
    place = installed_at(package)
    if place is None:
        return
    problem = Problem(f"would hide a module that is installed already ({place})", f"my_{package}")
    raise BadNameError("package", package, problem, f"tcli new {typed(target)} --package {problem.suggestion}")
