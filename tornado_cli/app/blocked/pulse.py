"""What an event loop tells of its turns: since when it has been running callbacks, or that it waits."""

import asyncio
import math
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Protocol

_HANDLE_RUN = asyncio.Handle._run.__code__  # noqa: SLF001 - it is on the stack of each callback, and has no other name.

Arm = Callable[[float], None]


class Pulse(Protocol):
    """Asked by another thread; the loop itself pays next to nothing for it."""

    arms: bool
    """Whether the loop itself sees to it that a turn is looked at; else it has to be looked at again and again."""
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

    def stop(self) -> None:
        """Leave the loop alone."""


def pulse_of(loop: asyncio.AbstractEventLoop, arm: Arm, patience: float) -> Pulse:
    """Return what fits the loop; to be called in its thread. A turn may take `patience` seconds before it is looked at.

    `arm` sets the alarm, to so many seconds from now.
    """
    selector = getattr(loop, "_selector", None)
    return ProbedPulse(loop) if selector is None else SelectorPulse(selector, arm, patience)


class SelectorPulse:
    """Of asyncio's own loop: its selector is asked once a turn, and there it tells.

    `_selector` is not public, but it is the only place through which each turn comes, whoever made the loop.
    The alarm is set when two thirds of the last setting have passed, so that it does not ring while turns are short.
    """

    arms = True

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
                self._arm_at = began + self._patience * 2 / 3
                self._alarm(self._patience)
            return events

        vars(selector)["select"] = select

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

    def stop(self) -> None:
        vars(self._selector).pop("select", None)


class ProbedPulse:
    """Of any other loop (uvloop): it is given a callback, and what is not called for long stands behind something."""

    arms = False

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.ended_at = 0.0
        self._loop = loop
        self._asked_at: float | None = None
        self._runner: FrameType | None = None
        self._ask()

    def _ask(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._answer)
        except RuntimeError:
            # The loop is closed.
            self._asked_at = None
        else:
            self._asked_at = time.monotonic()

    def _answer(self) -> None:
        self.ended_at = time.monotonic()
        self._runner = sys._getframe().f_back  # noqa: SLF001 - the frame that runs the loop is the caller.
        self._asked_at = None

    def turn(self) -> float | None:
        asked_at = self._asked_at
        if asked_at is None:
            self._ask()
        return asked_at

    def note_end(self) -> None:
        """Each answer notes it."""

    def looked(self) -> None:
        """It cannot set an alarm."""

    def call_of(self, stack: list[FrameType]) -> FrameType | None:
        return next((frame for frame in stack if frame.f_back is self._runner), None)

    def stop(self) -> None:
        self._runner = None
