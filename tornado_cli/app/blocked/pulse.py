"""What an event loop tells of its turns: since when it has been running callbacks, or that it waits."""

import asyncio
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Protocol

_HANDLE_RUN = asyncio.Handle._run.__code__  # noqa: SLF001 - it is on the stack of each callback, and has no other name.


class Pulse(Protocol):
    """Asked by another thread; the loop itself pays next to nothing for it."""

    wakes: bool
    """Whether it calls `on_wake` when the loop stops waiting; else it has to be asked again and again."""
    is_asleep: bool
    """Set by who asks, to be woken at the next turn."""
    ended_at: float
    """When the last turn ended that `note_end` was called in."""

    def turn(self) -> float | None:
        """Return when the turn began that goes on, by the monotonic clock; it names the turn. None: the loop waits."""

    def note_end(self) -> None:
        """Have the end of this turn noted."""

    def call_of(self, stack: list[FrameType]) -> FrameType | None:
        """Return the frame by which the loop runs its present callback, of a stack whose innermost frame is first."""

    def stop(self) -> None:
        """Leave the loop alone."""


def pulse_of(loop: asyncio.AbstractEventLoop, on_wake: Callable[[], None]) -> Pulse:
    """Return what fits the loop; to be called in its thread."""
    selector = getattr(loop, "_selector", None)
    return ProbedPulse(loop) if selector is None else SelectorPulse(selector, on_wake)


class SelectorPulse:
    """Of asyncio's own loop: its selector is asked once a turn, and there it tells.

    `_selector` is not public, but it is the only place through which each turn comes, whoever made the loop.
    """

    wakes = True

    def __init__(self, selector: Any, on_wake: Callable[[], None]) -> None:
        self.is_asleep = False
        self.ended_at = 0.0
        self._selector = selector
        self._is_waiting = False
        self._is_watched = False
        self._began = time.monotonic()
        inner = selector.select
        monotonic = time.monotonic

        # Run at each turn of the loop: every line counts.
        def select(timeout: float | None = None) -> Any:
            self._is_waiting = True
            if self._is_watched:
                self._is_watched = False
                self.ended_at = monotonic()
            events = inner(timeout)
            self._began = monotonic()
            self._is_waiting = False
            if self.is_asleep:
                on_wake()
            return events

        vars(selector)["select"] = select

    def turn(self) -> float | None:
        return None if self._is_waiting else self._began

    def note_end(self) -> None:
        self._is_watched = True

    def call_of(self, stack: list[FrameType]) -> FrameType | None:
        return next((frame for frame in stack if frame.f_code is _HANDLE_RUN), None)

    def stop(self) -> None:
        vars(self._selector).pop("select", None)


class ProbedPulse:
    """Of any other loop (uvloop): it is given a callback, and what is not called for long stands behind something."""

    wakes = False

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.is_asleep = False
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

    def call_of(self, stack: list[FrameType]) -> FrameType | None:
        return next((frame for frame in stack if frame.f_back is self._runner), None)

    def stop(self) -> None:
        self._runner = None
