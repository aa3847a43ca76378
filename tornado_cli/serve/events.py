"""What can happen to the dev server: the input of `serve.policy`."""

import signal
from typing import Any

from tornado_cli.records import Record
from tornado_cli.serve.forkservers import learning


class Begin(Record):
    """Nothing runs yet."""

    files: tuple[str, ...] = ()


class Changed(Record):
    """Files were written, or somebody asked for a fresh start; no files mean the first one."""

    files: tuple[str, ...] = ()


class EnvironmentChanged(Record):
    """The application's processes are to have other variables from now on; these files were written."""

    files: tuple[str, ...] = ()


class BecameReady(Record):
    number: int


class Failed(Record):
    """The application did not start, by its own account."""

    number: int
    failure: dict[str, Any]


class TerminalClaimed(Record):
    """A debugger or the like of this process wants to read the terminal."""

    number: int


class TerminalReleased(Record):
    number: int


class PlaceWanted(Record):
    """Somebody asks what a start that takes long is at."""


class Exited(Record):
    number: int
    code: int


class Learned(Record):
    """A process that became ready has told what it imported."""

    number: int
    learned: learning.Learned


class PageAnswered(Record):
    """A page that stands in for the application has been there for a moment: whoever waited has been answered."""


class WantsColdStart(Record):
    """A process that was started warm may have found what it should not have."""

    number: int


class StageReady(Record):
    """A forkserver stands where it was told to."""

    stage: int


class StageFailed(Record):
    """A forkserver cannot stand there, because of these modules or of something else."""

    stage: int
    cold: tuple[str, ...] = ()


class StageDied(Record):
    """A forkserver has ended, and its processes with it."""

    stage: int


class SignalArrived(Record):
    number: signal.Signals


class Tick(Record):
    pass


Event = (
    Begin
    | Changed
    | EnvironmentChanged
    | BecameReady
    | Failed
    | TerminalClaimed
    | TerminalReleased
    | PlaceWanted
    | Exited
    | Learned
    | PageAnswered
    | WantsColdStart
    | StageReady
    | StageFailed
    | StageDied
    | SignalArrived
    | Tick
)
