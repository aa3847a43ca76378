"""What the supervisor can be told to do: the output of `run.policy`."""

from typing import Any

from tornado_cli.errors import ExitCode
from tornado_cli.records import Record


class StartGeneration(Record):
    number: int
    slots: int


class ActivateWorker(Record):
    generation: int
    slot: int
    pid: int


class DrainWorker(Record):
    generation: int
    slot: int
    pid: int
    is_final: bool = False
    """Whether no other worker comes after it."""
    comes_back: bool = False
    """Whether its slot is to wait again afterwards, with a fresh process."""


class DumpStacks(Record):
    """Have a worker that is stuck show where."""

    generation: int
    slot: int


class KillWorker(Record):
    generation: int
    slot: int


class EndGeneration(Record):
    """Kill its leader and its workers: nothing of it serves."""

    number: int


class ForgetGeneration(Record):
    number: int


class GenerationIsReady(Record):
    number: int


class CloseListeners(Record):
    """A final stop: from the workers' last close on new clients are refused."""


class ReopenLogs(Record):
    pass


class Leave(Record):
    code: ExitCode


# What is only told.


class TellFailure(Record):
    generation: int
    failure: dict[str, Any]


class TellDeath(Record):
    """An unordered end; `delay` is seconds until its slot serves again, None when it will not."""

    generation: int
    slot: int
    pid: int
    code: int
    delay: float | None


class TellKilled(Record):
    """A worker was past its time."""

    generation: int
    slot: int
    why: str


class TellRecycling(Record):
    """A worker has served enough; `spare` replaces it."""

    generation: int
    slot: int
    spare: int
    why: str


class TellScaled(Record):
    workers: int


class TellStepped(Record):
    """A generation replaces one worker at a time, for want of memory for all; in bytes."""

    generation: int
    used: int
    left: int


class TellForkRefused(Record):
    generation: int
    reason: str


class TellLeaderDeath(Record):
    generation: int
    code: int


class TellKept(Record):
    """A generation did not start; an older one serves on."""

    failed: int
    serving: int


class TellVerdict(Record):
    """Why the supervisor gives up."""

    message: str


Action = (
    StartGeneration
    | ActivateWorker
    | DrainWorker
    | DumpStacks
    | KillWorker
    | EndGeneration
    | ForgetGeneration
    | GenerationIsReady
    | CloseListeners
    | ReopenLogs
    | Leave
    | TellFailure
    | TellDeath
    | TellKilled
    | TellRecycling
    | TellScaled
    | TellStepped
    | TellForkRefused
    | TellLeaderDeath
    | TellKept
    | TellVerdict
)
