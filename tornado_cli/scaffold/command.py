"""The command that makes the same project again, with all that was not typed."""

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from tornado_cli.scaffold.answers import flag_of, options
from tornado_cli.scaffold.catalog import PRESETS
from tornado_cli.scaffold.names import package_of
from tornado_cli.scaffold.project import Project
from tornado_cli.scaffold.rules import completed


def command_for(target: Path, project: Project, wishes: Sequence[str] = ()) -> str:
    # Elsewhere `.` would be another name.
    named = target if target.name == project.name else Path(project.name)
    return " ".join(["tcli new", typed(named), *arguments_for(project), *wishes])


def arguments_for(project: Project) -> Iterator[str]:
    """The options, with each answer that is on, or that the template alone would not give."""
    yield f"--template {project.preset}"
    if project.template.source:
        yield f"--template-dir {shlex.quote(project.template.source)}"
    if project.package != package_of(project.name):
        yield f"--package {project.package}"
    usual = completed(PRESETS[project.preset].answers, {})
    for question in options():
        answer = project.answers[question.name]
        if answer != question.values[0] or answer != usual[question.name]:
            yield flag_of(question.name, answer)


def typed(path: Path) -> str:
    """`path` as one types it in a shell; what would steer a terminal is spelled out."""
    return shlex.quote(str(path)) if str(path).isprintable() else repr(str(path))
