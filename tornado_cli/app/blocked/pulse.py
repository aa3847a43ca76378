"""What an event loop tells of its turns: since when it has been running callbacks, or that it waits."""

import asyncio
import contextlib
import math
import sys
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, Protocol

_HANDLE_RUN = asyncio.Handle._run.__code__  # noqa: SLF001 - it is on the stack of each callback, and has no other name.

Arm = Callable[[float], None]


class Pulse(Protocol):
    """Asked by another thread; the loop itself pays next to nothing for it."""

    arms_each_turn: bool
    """Whether the next turn sets the alarm itself, however soon it comes."""
    ended_at: float
    """When the last turn ended that `note_end` was called in."""

    def turn(self) -> float | None:
        """Return when the turn began that goes on, by the monotonic clock; it names the turn. None: the loop waits."""

    def note_end(self) -> None:
        """Have the end of this turn noted, and the alarm rung then."""

    def looked(self) -> None:
        """Have the loop set the alarm from its next turn on."""

    def call_of(self, stack: list[FrameType]) -> FrameType | None:
        """Return the frame by which the loop runs its present callback, of a stack whose innermost frame is first."""

    def aside(self) -> contextlib.AbstractContextManager[None]:
        """Have it look as if the loop waited in the block, and began another turn after it."""

    def stop(self) -> None:
        """Leave the loop alone."""


def pulse_of(loop: asyncio.AbstractEventLoop, arm: Arm, patience: float) -> Pulse:
    """Return what fits the loop; to be called in its thread. A turn may take `patience` seconds before it is looked at.

    `arm` sets the alarm, to so many seconds from now.
    """
    selector = getattr(loop, "_selector", None)
    return BeatPulse(loop, arm, patience) if selector is None else SelectorPulse(selector, arm, patience)


class SelectorPulse:
    """Of asyncio's own loop: its selector is asked once a turn, and there it tells.

    `_selector` is not public, but it is the only place through which each turn comes, whoever made the loop.
    The alarm is set when two thirds of the last setting have passed, so that it does not ring while turns are short.
    """

    arms_each_turn = True

    def __init__(self, selector: Any, arm: Arm, patience: float) -> None:
        self.ended_at = 0.0
        self._selector = selector
        self._alarm = arm
        self._patience = patience
        self._is_waiting = False
        self._is_watched = False
        self._began = time.monotonic()
        self._arm_at = 0.0
        """When a turn has to set the alarm anew."""
        inner = selector.select
        monotonic = time.monotonic

        # Run at each turn of the loop: every line counts.
        def select(timeout: float | None = None) -> Any:
            self._is_waiting = True
            if self._is_watched:
                self._turn_ended()
            events = inner(timeout)
            self._began = began = monotonic()
            self._is_waiting = False
            if began >= self._arm_at:
                self._arm(began)
            return events

        vars(selector)["select"] = select

    def _arm(self, began: float) -> None:
        self._arm_at = began + self._patience * 2 / 3
        self._alarm(self._patience)

    def _turn_ended(self) -> None:
        self.ended_at = time.monotonic()
        self._is_watched = False
        # Until somebody has looked no turn may push it back.
        self._arm_at = math.inf
        self._alarm(0)

    def turn(self) -> float | None:
        return None if self._is_waiting else self._began

    def note_end(self) -> None:
        self._is_watched = True

    def looked(self) -> None:
        self._arm_at = 0.0

    def call_of(self, stack: list[FrameType]) -> FrameType | None:
        return next((frame for frame in stack if frame.f_code is _HANDLE_RUN), None)

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        self._is_waiting = True
        if self._is_watched:
            self._turn_ended()
        try:
            yield
        finally:
            self._began = began = time.monotonic()
            self._is_waiting = False
            if began >= self._arm_at:
                self._arm(began)

    def stop(self) -> None:
        vars(self._selector).pop("select", None)


class BeatPulse:
    """Of any other loop (uvloop): a timer of its own sets the alarm, and where that is overdue something is run."""

    arms_each_turn = False

    def __init__(self, loop: asyncio.AbstractEventLoop, arm: Arm, patience: float) -> None:
        self.ended_at = 0.0
        self._loop = loop
        self._alarm = arm
        self._patience = patience
        self._is_watched = False
        self._is_held = False
        """Whether the alarm is not to be pushed back, until somebody has looked."""
        self._due = math.inf
        """When the next beat is to come."""
        self._runner: FrameType | None = None
        self._timer = loop.call_later(0, self._beat)

    def _beat(self) -> None:
        self.ended_at = time.monotonic()
        self._runner = sys._getframe().f_back  # noqa: SLF001 - the frame that runs the loop is the caller.
        pause = self._patience * 2 / 3
        self._due = self.ended_at + pause
        self._timer = self._loop.call_later(pause, self._beat)
        if self._is_watched:
            self._is_watched, self._is_held = False, True
            self._alarm(0)
        elif not self._is_held:
            self._alarm(self._patience)

    def turn(self) -> float | None:
        due = self._due
        return due if time.monotonic() > due else None

    def note_end(self) -> None:
        self._is_watched = True

    def looked(self) -> None:
        self._is_held = False

    def call_of(self, stack: list[FrameType]) -> FrameType | None:
        return next((frame for frame in stack if frame.f_back is self._runner), None)

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        self.ended_at = time.monotonic()
        self._due = math.inf
        try:
            yield
        finally:
            self._due = time.monotonic() + self._patience * 2 / 3

    def stop(self) -> None:
        self._timer.cancel()
        self._runner = None
