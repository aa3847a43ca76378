"""What the dev server can be told to do: the output of `serve.policy`."""

from typing import Any

from tornado_cli.errors import ExitCode
from tornado_cli.records import Record


class SetTurn(Record):
    """Let only processes of this turn or a later one accept."""

    turn: int


class Fork(Record):
    """Have a forkserver fork a process, which waits to be started."""

    number: int
    stage: int
    is_thrifty: bool = False
    """Whether it takes no memory ahead: it waits for what may not come."""


class Start(Record):
    """Start a process that was forked: the application, or the page given."""

    number: int
    turn: int
    page: dict[str, Any] | None = None
    state: str | None = None
    """What the project is known to change of what other modules look at; None where nothing can have seen it."""


class DrainProcess(Record):
    number: int
    grace: float
    is_final: bool
    """Whether no other process comes after it."""


class Kill(Record):
    number: int


class NotePlace(Record):
    """Have a process write down what it is at."""

    number: int


class StartForkserver(Record):
    """Start a fresh interpreter."""

    stage: int


class ForkStage(Record):
    """Have a forkserver fork another that imports more: these modules, or the project until before one of its own."""

    stage: int
    parent: int
    modules: tuple[str, ...] = ()
    before: str = ""


class EndStage(Record):
    """End a forkserver from which nothing is left."""

    stage: int


class CloseListeners(Record):
    """A final stop: from now on new clients are refused, not left waiting."""


class TellReady(Record):
    attempt: int
    files: tuple[str, ...]
    seconds: float


class TellPrepared(Record):
    """Starts may go on from further on: `origin` says from where."""

    origin: str
    modules: int
    """Of third parties, imported ahead."""


class TellForkserverDied(Record):
    pass


class OpenBrowser(Record):
    pass


class LendTerminal(Record):
    """Let a process read the terminal, and listen for no keys."""

    number: int


class TakeTerminalBack(Record):
    pass


class TellPostponed(Record):
    """Somebody debugs: the change is for later."""

    files: tuple[str, ...]


class TellSlow(Record):
    """The application has not come up yet."""

    seconds: float


class TellFailure(Record):
    failure: dict[str, Any]


class Leave(Record):
    code: ExitCode


Tell = TellReady | TellPrepared | TellForkserverDied | TellPostponed | TellSlow | TellFailure
"""What people read."""
Action = (
    SetTurn
    | Fork
    | Start
    | DrainProcess
    | Kill
    | NotePlace
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
