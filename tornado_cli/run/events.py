"""What can happen to the fleet: the input of `run.policy`."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Started:
    """The supervisor itself is up."""


@dataclass(frozen=True, slots=True)
class WorkerWaits:
    generation: int
    slot: int
    pid: int


@dataclass(frozen=True, slots=True)
class WorkerReady:
    generation: int
    slot: int
    pid: int


@dataclass(frozen=True, slots=True)
class WorkerFailed:
    """The application did not start or broke down, by its own account."""

    generation: int
    slot: int
    failure: dict[str, Any]


@dataclass(frozen=True, slots=True)
class WorkerExited:
    """`code` is the exit code, or the negative number of the signal."""

    generation: int
    slot: int
    pid: int
    code: int


@dataclass(frozen=True, slots=True)
class LeaderFailed:
    """The leader could not load the application that its workers were to share."""

    generation: int
    failure: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ForkRefused:
    """A leader cannot fork for now: who died does not come back soon."""

    generation: int
    reason: str


@dataclass(frozen=True, slots=True)
class MemoryMeasured:
    """Of a machine that limits us, as a generation starts beside others: in bytes."""

    generation: int
    used: int
    """By the generations that serve."""
    left: int
    """Below the limit."""


@dataclass(frozen=True, slots=True)
class LeaderExited:
    generation: int
    code: int


@dataclass(frozen=True, slots=True)
class SignalArrived:
    number: signal.Signals


@dataclass(frozen=True, slots=True)
class Observation:
    """What a look at a worker shows."""

    beat: int
    """The heartbeat as it stands in the scoreboard; only whether it changes counts."""
    requests: int
    """Answered by this worker."""
    rss: int
    """Bytes; 0 when nobody asked."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; `seen` is by generation and slot, of the workers that are ready."""

    seen: Mapping[tuple[int, int], Observation] = field(default_factory=dict)


Event = (
    Started
    | WorkerWaits
    | WorkerReady
    | WorkerFailed
    | WorkerExited
    | ForkRefused
    | LeaderFailed
    | MemoryMeasured
    | LeaderExited
    | SignalArrived
    | Tick
)
