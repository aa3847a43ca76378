"""What the supervisor knows of its generations and their workers: a record, which decides nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from random import Random

from tornado_cli.errors import ExitCode


class SlotState(Enum):
    FORKING = auto()
    """No process has reported from it."""
    WAITING = auto()
    """Forked, nothing loaded."""
    STARTING = auto()
    READY = auto()
    DRAINING = auto()
    GONE = auto()
    """Left for good: `fork_processes` does not restart an exit code of 0."""


@dataclass(slots=True)
class Slot:
    """A worker's place."""

    state: SlotState = SlotState.FORKING
    pid: int = 0
    since: float = 0.0
    """When the state began, by the supervisor's clock."""
    deaths: int = 0
    """Unordered ends without good health between them."""
    start_at: float | None = None
    """When a waiting worker that died before may be activated."""
    kill_at: float | None = None

    def become(self, state: SlotState, now: float) -> None:
        self.state, self.since = state, now

    @property
    def is_loaded(self) -> bool:
        return self.state in {SlotState.STARTING, SlotState.READY, SlotState.DRAINING}


class Phase(Enum):
    """How far a generation is."""

    STARTING = auto()
    SERVING = auto()
    LEAVING = auto()


@dataclass(slots=True)
class Generation:
    """One code image: a leader and its slots."""

    number: int
    slots: dict[int, Slot]
    phase: Phase = Phase.STARTING
    has_leader: bool = True

    def in_state(self, *states: SlotState) -> Iterator[tuple[int, Slot]]:
        return ((number, slot) for number, slot in self.slots.items() if slot.state in states)

    def count(self, *states: SlotState) -> int:
        return sum(1 for _ in self.in_state(*states))

    @property
    def is_over(self) -> bool:
        return not self.has_leader and all(slot.state is SlotState.GONE for slot in self.slots.values())


@dataclass(slots=True)
class Fleet:
    """Everything the supervisor's decisions depend on."""

    workers: int
    spares: int
    graceful_timeout: float
    boot_timeout: float
    drain_delay: float = 0.0
    generations: dict[int, Generation] = field(default_factory=dict)
    newest: int = 0
    reload_again: bool = False
    is_leaving: bool = False
    stop_by: float | None = None
    """When a final stop must be over."""
    interrupts: int = 0
    leader_deaths: int = 0
    """Leaders that died without a good start between them."""
    code: ExitCode = ExitCode.OK
    chance: Random = field(default_factory=Random)

    @property
    def drain_delay_now(self) -> float:
        """Seconds that a worker told to drain still serves: at a final stop only."""
        return self.drain_delay if self.is_leaving else 0.0

    def of_phase(self, phase: Phase) -> list[Generation]:
        return [generation for generation in self.generations.values() if generation.phase is phase]

    def next_deadline(self) -> float | None:
        """Return when `Tick` is due."""
        moments = [] if self.stop_by is None else [self.stop_by]
        for generation in self.generations.values():
            for slot in generation.slots.values():
                moments += [moment for moment in (slot.kill_at, slot.start_at) if moment is not None]
                if slot.state is SlotState.STARTING and slot.kill_at is None:
                    moments.append(slot.since + self.boot_timeout)
        return min(moments, default=None)
