"""What can happen to the fleet: the input of `run.policy`."""

import signal
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tornado_cli.records import Record


class Started(Record):
    """The supervisor itself is up."""


class WorkerWaits(Record):
    generation: int
    slot: int
    pid: int


class WorkerReady(Record):
    generation: int
    slot: int
    pid: int


class WorkerFailed(Record):
    """The application did not start or broke down, by its own account."""

    generation: int
    slot: int
    failure: dict[str, Any]


class WorkerExited(Record):
    """`code` is the exit code, or the negative number of the signal."""

    generation: int
    slot: int
    pid: int
    code: int


class LeaderFailed(Record):
    """The leader could not load the application that its workers were to share."""

    generation: int
    failure: dict[str, Any]


class ForkRefused(Record):
    """A leader cannot fork for now: who died does not come back soon."""

    generation: int
    reason: str


class MemoryMeasured(Record):
    """Of a machine that limits us, as a generation starts beside others: in bytes."""

    generation: int
    used: int
    """By the generations that serve."""
    left: int
    """Below the limit."""


class LeaderExited(Record):
    generation: int
    code: int


class SignalArrived(Record):
    number: signal.Signals


class Observation(Record):
    """What a look at a worker shows."""

    beat: int
    """The heartbeat as it stands in the scoreboard; only whether it changes counts."""
    requests: int
    """Answered by this worker."""
    rss: int
    """Bytes; 0 when nobody asked."""


class Tick(Record):
    """Time has passed; `seen` is by generation and slot, of the workers that are ready."""

    seen: Mapping[tuple[int, int], Observation] = MappingProxyType({})


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
