"""What the dev server can be told to do: the output of `serve.policy`."""

from dataclasses import dataclass
from typing import Any

from tornado_cli.errors import ExitCode


@dataclass(frozen=True, slots=True)
class SetTurn:
    """Let only processes of this turn or a later one accept."""

    turn: int


@dataclass(frozen=True, slots=True)
class Fork:
    """Have a forkserver fork a process, which waits to be started."""

    number: int
    stage: int


@dataclass(frozen=True, slots=True)
class Start:
    """Start a process that was forked: the application, or the page given."""

    number: int
    turn: int
    page: dict[str, Any] | None = None
    state: str | None = None
    """What the project is known to change of what other modules look at; None where nothing can have seen it."""


@dataclass(frozen=True, slots=True)
class DrainProcess:
    number: int
    grace: float
    is_final: bool
    """Whether no other process comes after it."""


@dataclass(frozen=True, slots=True)
class Kill:
    number: int


@dataclass(frozen=True, slots=True)
class StartForkserver:
    """Start a fresh interpreter."""

    stage: int


@dataclass(frozen=True, slots=True)
class ForkStage:
    """Have a forkserver fork another that imports more: these modules, or the project until before one of its own."""

    stage: int
    parent: int
    modules: tuple[str, ...] = ()
    before: str = ""


@dataclass(frozen=True, slots=True)
class EndStage:
    """End a forkserver from which nothing is left."""

    stage: int


@dataclass(frozen=True, slots=True)
class CloseListeners:
    """A final stop: from now on new clients are refused, not left waiting."""


@dataclass(frozen=True, slots=True)
class TellReady:
    attempt: int
    files: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class TellPrepared:
    """Starts may go on from further on: `origin` says from where."""

    origin: str
    modules: int
    """Of third parties, imported ahead."""


@dataclass(frozen=True, slots=True)
class TellForkserverDied:
    pass


@dataclass(frozen=True, slots=True)
class OpenBrowser:
    pass


@dataclass(frozen=True, slots=True)
class LendTerminal:
    """Let a process read the terminal, and listen for no keys."""

    number: int


@dataclass(frozen=True, slots=True)
class TakeTerminalBack:
    pass


@dataclass(frozen=True, slots=True)
class TellPostponed:
    """Somebody debugs: the change is for later."""

    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TellSlow:
    """The application has not come up yet."""

    seconds: float


@dataclass(frozen=True, slots=True)
class TellFailure:
    failure: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Leave:
    code: ExitCode


Tell = TellReady | TellPrepared | TellForkserverDied | TellPostponed | TellSlow | TellFailure
"""What people read."""
Action = (
    SetTurn
    | Fork
    | Start
    | DrainProcess
    | Kill
    | StartForkserver
    | ForkStage
    | EndStage
    | CloseListeners
    | OpenBrowser
    | LendTerminal
    | TakeTerminalBack
    | Tell
    | Leave
)
