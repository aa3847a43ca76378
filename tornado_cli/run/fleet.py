"""What the supervisor knows of its generations and their workers: a record, which decides nothing."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from random import Random

from tornado_cli.errors import ExitCode

LOOK = 0.2
"""Seconds between two looks at the workers: a blocked loop is killed within a second after its time-out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What the operator set; times in seconds, 0 is no limit where that makes sense."""

    spares: int = 2
    graceful_timeout: float = 25.0
    boot_timeout: float = 60.0
    drain_delay: float = 0.0
    hang_timeout: float = 30.0
    max_requests: int = 0
    max_rss: int = 0
    """Bytes."""
    max_lifetime: float = 0.0
    reload_step: int | None = None
    """Workers that a reload replaces at a time; 0 is all, None is all where memory allows."""
    crash_budget: tuple[int, float] | None = None
    """So many unordered ends within so many seconds are the last."""


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
    is_returning: bool = False
    """Whether it died unordered and will be started again: nobody else takes its place meanwhile."""
    start_at: float | None = None
    """When one that died before may be started again."""
    kill_at: float | None = None
    replaces: int | None = None
    """The slot whose worker is drained when this one is ready."""
    beat: int = 0
    beat_at: float = 0.0
    """When the beat was last seen to change."""
    condemned: str = ""
    """Why it is about to be killed."""
    chance: float = 1.0
    """By how much its limits are stretched, so that workers do not reach them together."""

    def become(self, state: SlotState, now: float) -> None:
        self.state, self.since = state, now


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
    wanted: int
    """How many workers of it should serve now."""
    step: int = 0
    """How many workers it replaces at a time; 0 is all."""
    phase: Phase = Phase.STARTING
    has_leader: bool = True

    def in_state(self, *states: SlotState) -> list[tuple[int, Slot]]:
        return [(number, slot) for number, slot in self.slots.items() if slot.state in states]

    def count(self, *states: SlotState) -> int:
        return len(self.in_state(*states))

    @property
    def is_over(self) -> bool:
        return not self.has_leader and all(slot.state is SlotState.GONE for slot in self.slots.values())


@dataclass(slots=True)
class Fleet:
    """Everything the supervisor's decisions depend on."""

    workers: int
    limits: Limits = field(default_factory=Limits)
    generations: dict[int, Generation] = field(default_factory=dict)
    newest: int = 0
    reload_again: bool = False
    is_leaving: bool = False
    stop_by: float | None = None
    """When a final stop must be over."""
    interrupts: int = 0
    leader_deaths: int = 0
    """Leaders that died without a good start between them."""
    deaths: deque[float] = field(default_factory=deque)
    """When workers died unordered, for the crash budget."""
    looked_at: float = 0.0
    code: ExitCode = ExitCode.OK
    chance: Random = field(default_factory=Random)

    @property
    def drain_delay_now(self) -> float:
        """Seconds that a worker told to drain still serves: at a final stop only."""
        return self.limits.drain_delay if self.is_leaving else 0.0

    @property
    def look_interval(self) -> float:
        """Seconds between looks at the workers' health."""
        hang_timeout = self.limits.hang_timeout
        return min(LOOK, hang_timeout / 5) if hang_timeout else 1.0

    def of_phase(self, phase: Phase) -> list[Generation]:
        return [generation for generation in self.generations.values() if generation.phase is phase]

    def all_slots(self) -> Iterator[tuple[Generation, int, Slot]]:
        for generation in list(self.generations.values()):
            for number, slot in generation.slots.items():
                yield generation, number, slot

    def next_deadline(self) -> float | None:
        """Return when `Tick` is due."""
        moments = [] if self.stop_by is None else [self.stop_by]
        for _, _, slot in self.all_slots():
            moments += [moment for moment in (slot.kill_at, slot.start_at) if moment is not None]
            if slot.state is SlotState.STARTING and slot.kill_at is None:
                moments.append(slot.since + self.limits.boot_timeout)
            elif slot.state is SlotState.READY:
                moments.append(self.looked_at + self.look_interval)
        return min(moments, default=None)
