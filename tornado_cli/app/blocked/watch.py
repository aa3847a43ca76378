"""The thread that looks whether the event loop turns."""

import asyncio
import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from types import FrameType

from tornado_cli.app.blocked.pauses import PAUSES
from tornado_cli.app.blocked.pulse import Pulse, pulse_of
from tornado_cli.app.blocked.report import Request, tell_blocked
from tornado_cli.app.blocked.stretch import Look, Stretches
from tornado_cli.app.repeats import Repeats
from tornado_cli.app.sites import Site, owners_in, site_of, stack_of
from tornado_cli.system.thread_times import ThreadTimes, Times
from tornado_cli.system.wakeup import signals_for_main_thread_only

RequestOf = Callable[[object], Request | None]
"""Tells for which request an object is at work whose method is being run."""
_QUIET_LOOKS = 2
"""Looks at a loop that does nothing, after which only its next turn wakes the watch."""
_PATIENCE = 1.0
"""Seconds to wait for the thread's end."""
_FINEST = 0.005
"""Seconds between two looks, at least."""


class LoopWatch:
    """Watches one loop, from a thread that sleeps while the loop does.

    At a fork there is no thread: a child would inherit locks that nobody opens.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, threshold: float, request_of: RequestOf) -> None:
        """Watch from the next turn on; to be called in the loop's thread."""
        self._loop = loop
        self._threshold = threshold
        self._request_of = request_of
        self._step = max(threshold / 4, _FINEST)
        self._watched_thread = threading.get_ident()
        self._times = ThreadTimes()
        self._stretches: Stretches[Site, Request] = Stretches(threshold)
        self._repeats = Repeats()
        self._pause_mark, _ = PAUSES.since(0)
        self._excused: float | None = None
        """The turn in which there was a pause."""
        self._last_turn: float | None = None
        self._quiet_looks = 0
        self._is_leaving = False
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._pulse: Pulse = pulse_of(loop, self._wake_up)
        os.register_at_fork(before=self._rest, after_in_parent=self._go_on, after_in_child=self._pulse.stop)
        self._go_on()

    def stop(self) -> None:
        """Tell what there is to tell, and leave the loop alone."""
        self._rest()
        self._pulse.stop()
        self._times.close()

    # The thread's life.

    def _go_on(self) -> None:
        self._is_leaving = False
        self._pulse.is_asleep = self._pulse.wakes
        if not self._pulse.wakes:
            self._wake_up()

    def _wake_up(self) -> None:
        self._pulse.is_asleep = False
        if self._thread is None:
            thread = threading.Thread(target=self._run, name="tcli-loop-watch", daemon=True)
            # Where no thread can be had the loop goes on unwatched.
            with contextlib.suppress(RuntimeError), signals_for_main_thread_only():
                thread.start()
                self._thread = thread
        self._wake.set()

    def _rest(self) -> None:
        self._is_leaving = True
        self._pulse.is_asleep = False
        self._wake.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(_PATIENCE)
        self._thread = None

    def _run(self) -> None:
        own_times = ThreadTimes()
        due, last, own_last = time.monotonic(), self._times.read(), own_times.read()
        while True:
            now, times, own = time.monotonic(), self._times.read(), own_times.read()
            # A thread that is late for want of a CPU has missed nothing but the moment.
            late = now - due - (own.waiting - own_last.waiting)
            self._look(now, late, Times(times.on_cpu - last.on_cpu, times.waiting - last.waiting))
            if self._is_leaving:
                break
            last, own_last = times, own
            due = self._sleep(now)
        own_times.close()

    def _sleep(self, now: float) -> float:
        """Sleep until the next look; return when that was due."""
        self._wake.clear()
        if self._quiet_looks >= _QUIET_LOOKS and self._pulse.wakes:
            self._pulse.is_asleep = True
            # Had it begun a turn meanwhile, it would have found nobody asleep.
            if self._pulse.turn() is None and not self._is_leaving:
                self._wake.wait()
            self._pulse.is_asleep = False
            self._quiet_looks = 0
            return time.monotonic()
        seconds = self._seconds_until_next(now)
        if not self._is_leaving:
            self._wake.wait(seconds)
        return now + seconds

    def _seconds_until_next(self, now: float) -> float:
        began = self._stretches.began
        if began is not None:
            # Of what goes on for long, each moment matters less.
            return max(self._step, (now - began) / 20)
        return self._step if self._last_turn is not None else 2 * self._step

    # The looks.

    def _look(self, now: float, late: float, spent: Times) -> None:
        turn = self._pulse.turn()
        self._last_turn = turn
        self._quiet_looks = self._quiet_looks + 1 if turn is None else 0
        self._pause_mark, was_paused = PAUSES.since(self._pause_mark)
        if was_paused:
            self._excused = turn
            self._stretches.forget()
        look: Look[Site, Request] = Look(
            now=now, turn=turn, ended_at=self._pulse.ended_at, late=late, cpu=spent.on_cpu, starved=spent.waiting
        )
        if turn is not None and turn != self._excused and now - turn >= self._step:
            look = self._with_sample(look, now - turn)
        blocked = self._stretches.after(look)
        if blocked is not None:
            kept_back = self._repeats.admits((blocked.site.code, blocked.site.line), now)
            if kept_back is not None:
                tell_blocked(blocked, kept_back)

    def _with_sample(self, look: Look[Site, Request], age: float) -> Look[Site, Request]:
        """Return the look with what the loop's thread is doing; at first it may still be anything."""
        if not self._loop.is_running():
            return look
        # Asked now: were the end of the turn to come before, it would be missed.
        self._pulse.note_end()
        # There is no other way to see the stack of another thread.
        stack = stack_of(sys._current_frames().get(self._watched_thread))  # noqa: SLF001
        call = self._pulse.call_of(stack)
        if call is None or self._pulse.turn() != look.turn:
            return look
        inside = stack[: stack.index(call) + 1]
        site = site_of(inside)
        request = self._stretches.request_of(call)
        if request is None and age >= self._threshold / 2:
            request = self._request_in(inside)
        return replace(look, call=call, site=site, request=request)

    def _request_in(self, stack: list[FrameType]) -> Request | None:
        return next((one for owner in owners_in(stack) if (one := self._request_of(owner))), None)
