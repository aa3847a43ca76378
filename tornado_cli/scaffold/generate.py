"""Makes a project: what was asked for is checked, planned whole in memory, then written in one step."""

import os
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

from tornado_cli.errors import TcliError, UsageError
from tornado_cli.files import NewFile, TargetExistsError, write_folder
from tornado_cli.rendering import Answers
from tornado_cli.scaffold.catalog import DEFAULT_PRESET, PRESETS, template_root
from tornado_cli.scaffold.command import typed
from tornado_cli.scaffold.names import Problem, installed_at, package_of, problem_with, problem_with_package
from tornado_cli.scaffold.project import Project, planned_files
from tornado_cli.scaffold.rules import completed


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
        hint = f"Did you mean {near[0]}?" if near else "What there would be: see --dry-run."
        super().__init__(f"The project would have no file {path!r}.", hint=hint)


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """A project that could be written now."""

    target: Path
    project: Project
    files: list[NewFile]

    def write(self) -> None:
        write_folder(self.target, self.files)

    def file_at(self, path: str) -> NewFile:
        """Return one of the files; raises NoSuchFileError."""
        for file in self.files:
            if file.path == PurePosixPath(path):
                return file
        raise NoSuchFileError(path, [str(file.path) for file in self.files])


NO_ANSWERS: Answers = {}


def plan(target: Path, *, preset: str = DEFAULT_PRESET, package: str = "", given: Answers = NO_ANSWERS) -> Plan:
    """Check everything that can be checked without writing. The last part of `target` is the project's name."""
    answers = completed(PRESETS[preset].answers, given)
    name = target.name
    check_name(target, package)
    package = package or package_of(name)
    check_package(target, package)
    if not target.parent.is_dir():
        raise NoParentError(target.parent)
    if os.path.lexists(target):
        raise TargetExistsError(target)
    project = Project(name=name, package=package, preset=preset, answers=answers)
    return Plan(target=target, project=project, files=planned_files(project, template_root()))


def check_name(target: Path, package: str) -> None:
    problem = problem_with(target.name)
    if problem:
        raise BadNameError("project", target.name, problem, f"tcli new {typed(target.parent / problem.suggestion)}")
    problem = problem_with_package(package) if package else None
    if problem:
        raise BadNameError("package", package, problem, f"tcli new {typed(target)} --package {problem.suggestion}")


def check_package(target: Path, package: str) -> None:
    place = installed_at(package)
    if place is None:
        return
    problem = Problem(f"would hide a module that is installed already ({place})", f"my_{package}")
    raise BadNameError("package", package, problem, f"tcli new {typed(target)} --package {problem.suggestion}")
