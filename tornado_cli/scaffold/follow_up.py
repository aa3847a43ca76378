"""What is done to a project once it is there; what fails is told, and the project stays."""

from dataclasses import dataclass
from pathlib import Path

from tornado_cli.errors import TcliError
from tornado_cli.scaffold.installation import install
from tornado_cli.scaffold.project import Project
from tornado_cli.scaffold.repository import is_inside_repository, make_repository


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    git: bool | None = None
    """None: where it is not inside a repository."""
    install: bool = False

    @property
    def arguments(self) -> list[str]:
        """As they are typed."""
        git = [] if self.git is None else ["--git" if self.git else "--no-git"]
        return [*git, *(["--install"] if self.install else [])]


@dataclass(slots=True)
class Outcome:
    has_repository: bool = False
    """One was made."""
    lock: str = ""
    """The lock file that was made; empty: it is not installed."""
    warnings: tuple[TcliError, ...] = ()
    failures: tuple[TcliError, ...] = ()
    """What was asked for and did not come."""


def follow_up(folder: Path, project: Project, wishes: Wishes) -> Outcome:
    outcome = Outcome()
    if wishes.git or (wishes.git is None and not is_inside_repository(folder)):
        try:
            make_repository(folder)
            outcome.has_repository = True
        except TcliError as error:
            if wishes.git:
                outcome.failures = (error,)
            else:
                outcome.warnings = (error,)
    if wishes.install:
        try:
            outcome.lock = install(folder, str(project.answers["python"]))
        except TcliError as error:
            outcome.failures += (error,)
    return outcome
