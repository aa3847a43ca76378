"""What the supervisor can be told to do: the output of `run.policy`."""

from dataclasses import dataclass
from typing import Any

from tornado_cli.errors import ExitCode


@dataclass(frozen=True, slots=True)
class StartGeneration:
    number: int
    slots: int


@dataclass(frozen=True, slots=True)
class ActivateWorker:
    generation: int
    slot: int
    pid: int


@dataclass(frozen=True, slots=True)
class DrainWorker:
    generation: int
    slot: int
    pid: int
    is_final: bool = False
    """Whether no other worker comes after it."""
    comes_back: bool = False
    """Whether its slot is to wait again afterwards, with a fresh process."""


@dataclass(frozen=True, slots=True)
class DumpStacks:
    """Have a worker that is stuck show where."""

    generation: int
    slot: int


@dataclass(frozen=True, slots=True)
class KillWorker:
    generation: int
    slot: int


@dataclass(frozen=True, slots=True)
class EndGeneration:
    """Kill its leader and its workers: nothing of it serves."""

    number: int


@dataclass(frozen=True, slots=True)
class ForgetGeneration:
    number: int


@dataclass(frozen=True, slots=True)
class GenerationIsReady:
    number: int


@dataclass(frozen=True, slots=True)
class CloseListeners:
    """A final stop: from the workers' last close on new clients are refused."""


@dataclass(frozen=True, slots=True)
class ReopenLogs:
    pass


@dataclass(frozen=True, slots=True)
class Leave:
    code: ExitCode


# What is only told.


@dataclass(frozen=True, slots=True)
class TellFailure:
    generation: int
    failure: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TellDeath:
    """An unordered end; `delay` is seconds until its slot serves again, None when it will not."""

    generation: int
    slot: int
    pid: int
    code: int
    delay: float | None


@dataclass(frozen=True, slots=True)
class TellKilled:
    """A worker was past its time."""

    generation: int
    slot: int
    why: str


@dataclass(frozen=True, slots=True)
class TellRecycling:
    """A worker has served enough; `spare` replaces it."""

    generation: int
    slot: int
    spare: int
    why: str


@dataclass(frozen=True, slots=True)
class TellScaled:
    workers: int


@dataclass(frozen=True, slots=True)
class TellStepped:
    """A generation replaces one worker at a time, for want of memory for all; in bytes."""

    generation: int
    used: int
    left: int


@dataclass(frozen=True, slots=True)
class TellForkRefused:
    generation: int
    reason: str


@dataclass(frozen=True, slots=True)
class TellLeaderDeath:
    generation: int
    code: int


@dataclass(frozen=True, slots=True)
class TellKept:
    """A generation did not start; an older one serves on."""

    failed: int
    serving: int


@dataclass(frozen=True, slots=True)
class TellVerdict:
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
