"""What the dev server knows of its processes: a record, which decides nothing."""

from enum import Enum, auto

from tornado_cli.errors import ExitCode
from tornado_cli.records import State, anew
from tornado_cli.serve.forkservers.stages import Stages
from tornado_cli.serve.terminal.lending import Lending

SLOW_IMPORT = 3.0
"""Seconds after which a page says that the application is still starting."""


class Role(Enum):
    APP = auto()
    PAGE = auto()
    SPARE = auto()
    """Forked ahead: it waits to become an application."""
    SPARE_PAGE = auto()
    """Forked ahead for the page that is shown should an application fail."""
    GIVEN_UP = auto()
    """Of no use any more; it ends."""


SPARES = {Role.APP: Role.SPARE, Role.PAGE: Role.SPARE_PAGE}


class Phase(Enum):
    STARTING = auto()
    SERVING = auto()
    BROKEN = auto()
    LEAVING = auto()


class Process(State):
    """A forked process as the server knows it."""

    role: Role
    attempt: int
    stage: int
    """The forkserver that it was forked from."""
    is_ready: bool = False
    kill_at: float | None = None


class Fleet(State):
    """Everything the decisions depend on."""

    grace: float
    is_warm: bool = True
    """Whether anything may be imported ahead."""
    foreseen: tuple[str, ...] = ()
    """What the application will import of others, as far as its source says so."""
    opens_browser: bool = False
    """Whether a browser is to be opened when the application is ready for the first time."""
    stages: Stages = anew(factory=Stages)
    phase: Phase = Phase.STARTING
    attempt: int = 0
    """Counts starts of the application; the newest is the only one that matters."""
    numbers: int = 0
    """Counts forked processes."""
    started_at: float = 0.0
    changed: tuple[str, ...] = ()
    processes: dict[int, Process] = anew(factory=dict)
    awaited: int | None = None
    """The forkserver for which the newest start waits."""
    began_beside_older: bool = False
    """Whether another application was still there when the newest start began."""
    is_waiting: bool = False
    """Whether the newest start has failed and is tried again when the older processes have gone."""
    has_waited: bool = False
    lending: Lending = anew(factory=Lending)
    forkserver_deaths: int = 0
    interrupts: int = 0
    code: ExitCode = ExitCode.OK

    def newest_app(self) -> int | None:
        return next((n for n, p in self.processes.items() if p.role is Role.APP and p.attempt == self.attempt), None)

    def origin(self) -> str:
        """Return the title of the forkserver that the newest application was forked from."""
        number = self.newest_app()
        stage = None if number is None else self.stages.by_number.get(self.processes[number].stage)
        return "" if stage is None else stage.title

    def is_coming(self) -> bool:
        """Say whether an application is being started, or has been."""
        return self.awaited is not None or self.newest_app() is not None

    def spare(self, role: Role) -> int | None:
        """Return what waits to become an application or a page."""
        return next((n for n, p in self.processes.items() if p.role is SPARES[role]), None)

    def has_page(self) -> bool:
        return any(p.role is Role.PAGE and p.attempt == self.attempt for p in self.processes.values())

    def is_debugged(self) -> bool:
        """Say whether somebody takes his time at the terminal; a final stop does not wait for him."""
        return bool(self.lending.claims) and self.phase is not Phase.LEAVING

    def next_deadline(self) -> float | None:
        """Return when `Tick` is due, by the clock that `now` comes from."""
        if self.is_debugged():
            return None
        deadlines = [p.kill_at for p in self.processes.values() if p.kill_at is not None]
        if self.lending.back_at is not None:
            deadlines.append(self.lending.back_at)
        if self.phase is Phase.STARTING and not self.has_page() and self.is_coming():
            deadlines.append(self.started_at + SLOW_IMPORT)
        return min(deadlines, default=None)
