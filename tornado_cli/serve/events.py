"""What can happen to the dev server: the input of `serve.policy`."""

import signal
from dataclasses import dataclass
from typing import Any


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
class ForkserverDied:
    pass


@dataclass(frozen=True, slots=True)
class SignalArrived:
    number: signal.Signals


@dataclass(frozen=True, slots=True)
class Tick:
    pass


Event = (
    Changed
    | EnvironmentChanged
    | BecameReady
    | Failed
    | TerminalClaimed
    | TerminalReleased
    | Exited
    | ForkserverDied
    | SignalArrived
    | Tick
)
