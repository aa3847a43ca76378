"""What can happen to the dev server: the input of `serve.policy`."""

import signal
from dataclasses import dataclass
from typing import Any

from tornado_cli.serve import learning


@dataclass(frozen=True, slots=True)
class Begin:
    """Nothing runs yet."""

    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """Files were written, or somebody asked for a fresh start; no files mean the first one."""

    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EnvironmentChanged:
    """The application's processes are to have other variables from now on; these files were written."""

    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BecameReady:
    number: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The application did not start, by its own account."""

    number: int
    failure: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TerminalClaimed:
    """A debugger or the like of this process wants to read the terminal."""

    number: int


@dataclass(frozen=True, slots=True)
class TerminalReleased:
    number: int


@dataclass(frozen=True, slots=True)
class Exited:
    number: int
    code: int


@dataclass(frozen=True, slots=True)
class Learned:
    """A process that became ready has told what it imported."""

    number: int
    learned: learning.Learned


@dataclass(frozen=True, slots=True)
class WantsColdStart:
    """A process that was started warm may have found what it should not have."""

    number: int


@dataclass(frozen=True, slots=True)
class StageReady:
    """A forkserver stands where it was told to."""

    stage: int


@dataclass(frozen=True, slots=True)
class StageFailed:
    """A forkserver cannot stand there, because of these modules or of something else."""

    stage: int
    cold: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StageDied:
    """A forkserver has ended, and its processes with it."""

    stage: int


@dataclass(frozen=True, slots=True)
class SignalArrived:
    number: signal.Signals


@dataclass(frozen=True, slots=True)
class Tick:
    pass


Event = (
    Begin
    | Changed
    | EnvironmentChanged
    | BecameReady
    | Failed
    | TerminalClaimed
    | TerminalReleased
    | Exited
    | Learned
    | WantsColdStart
    | StageReady
    | StageFailed
    | StageDied
    | SignalArrived
    | Tick
)
