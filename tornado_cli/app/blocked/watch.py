"""The thread that looks whether the event loop turns."""

import asyncio
import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

from tornado_cli.app.blocked.pauses import PAUSES
from tornado_cli.app.blocked.pulse import Pulse, pulse_of
from tornado_cli.app.blocked.report import Request, tell_blocked
from tornado_cli.app.blocked.stretch import Blocked, Look, Stretches
from tornado_cli.app.repeats import Repeats
from tornado_cli.app.sites import Site, owners_in, site_of, stack_of
from tornado_cli.system.alarms import new_alarm
from tornado_cli.system.thread_times import ThreadTimes, Times
from tornado_cli.system.wakeup import signals_for_main_thread_only

RequestOf = Callable[[object], Request | None]
"""Tells for which request an object is at work whose method is being run."""
OnBlocked = Callable[[Blocked[Site, Request]], None]
"""Told of each time, also of those that are kept back; called in the thread that watches."""
_JOIN_SECONDS = 1.0
"""Seconds to wait for the thread's end."""
_FINEST = 0.005
"""Seconds between two looks, at least."""


class LoopWatch:
    """Watches one loop, from a thread that sleeps while the loop does.

    At a fork there is no thread: a child would inherit locks that nobody opens.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        threshold: float,
        request_of: RequestOf,
        on_blocked: OnBlocked = lambda _: None,
    ) -> None:
        """Watch from the next turn on; to be called in the loop's thread."""
        self._loop = loop
        self._threshold = threshold
        self._request_of = request_of
        self._on_blocked = on_blocked
        self._step = max(threshold / 4, _FINEST)
        self._watched_thread = threading.get_ident()
        self._times = ThreadTimes()
        self._stretches: Stretches[Site, Request] = Stretches(threshold)
        self._repeats = Repeats()
        self._alarm = new_alarm()
        self._due = time.monotonic()
        """When the alarm was to ring."""
        self._before = self._times.read()
        """When it was set."""
        self._is_stopped = False
        self._is_leaving = False
        self._thread: threading.Thread | None = None
        self._pulse: Pulse = pulse_of(loop, self._arm, 3 * self._step)
        os.register_at_fork(before=self._rest, after_in_parent=self._go_on, after_in_child=self._pulse.stop)
        self._go_on()

    def stop(self) -> None:
        """Tell what there is to tell, and leave the loop alone."""
        self._is_stopped = True
        self._rest()
        self._pulse.stop()

    def aside(self) -> contextlib.AbstractContextManager[None]:
        """Hold what the loop runs in this block against nobody; the rest of its turn is watched as ever."""
        return self._pulse.aside()

    # The thread's life.

    def _go_on(self) -> None:
        if self._is_stopped:
            return
        self._is_leaving = False
        self._pulse.looked()

    def _arm(self, seconds: float) -> None:
        """Have a look at the loop in so many seconds; run by the loop itself."""
        self._arm_since(self._times.read(), seconds)

    def _arm_since(self, before: Times, seconds: float) -> None:
        self._before = before
        self._due = time.monotonic() + seconds
        self._alarm.set(seconds)
        if self._thread is None and not self._is_leaving:
            self._thread = threading.Thread(target=self._run, name="tcli-loop-watch", daemon=True)
            # Where no thread can be had the loop goes on unwatched.
            with contextlib.suppress(RuntimeError), signals_for_main_thread_only():
                self._thread.start()

    def _rest(self) -> None:
        self._is_leaving = True
        thread, self._thread = self._thread, None
        if thread is not None and thread.is_alive():
            self._alarm.set(0)
            thread.join(_JOIN_SECONDS)

    def _run(self) -> None:
        own_times = ThreadTimes()
        own_before = own_times.read()
        while not self._is_leaving:
            self._alarm.wait()
            # First what may be gone when this thread lets go of the interpreter, as each reading of times does.
            look = self._look(time.monotonic())
            own, times, before = own_times.read(), self._times.read(), self._before
            # A thread that is late for want of a CPU has missed nothing but the moment.
            late = look.now - self._due - (own.waiting - own_before.waiting)
            own_before = own
            spent = Times(times.on_cpu - before.on_cpu, times.waiting - before.waiting)
            self._conclude(look.but(late=late, cpu=spent.on_cpu, starved=spent.waiting))
            if not self._is_leaving:
                # Not read once more: where the interpreter is hard to get, each reading costs a look.
                self._arm_again(look, times)

    def _arm_again(self, look: Look[Site, Request], times: Times) -> None:
        """See to the next look: the loop does at its next turn, but not within one."""
        began = self._stretches.began
        if began is not None:
            # Of what goes on for long, each moment matters less.
            self._arm_since(times, max(self._step, (look.now - began) / 20))
        elif look.turn is not None:
            self._arm_since(times, self._step)
        elif not self._pulse.arms_each_turn:
            self._arm_since(times, 3 * self._step)

    # The looks.

    def _look(self, now: float) -> Look[Site, Request]:
        # Before it is asked: what it begins afterwards is its own to arm for.
        self._pulse.looked()
        turn = self._pulse.turn()
        look: Look[Site, Request] = Look(now=now, turn=turn, ended_at=self._pulse.ended_at)
        # A turn that has only begun may still be anything.
        if turn is None or now - turn < self._step or PAUSES.since(turn) or not self._loop.is_running():
            return look
        # Asked now: were the end of the turn to come before, it would be missed.
        self._pulse.note_end()
        # There is no other way to see the stack of another thread.
        stack = stack_of(sys._current_frames().get(self._watched_thread))  # noqa: SLF001
        call = self._pulse.call_of(stack)
        if call is None or self._pulse.turn() != turn:
            return look
        inside = stack[: stack.index(call) + 1]
        request = self._stretches.request_of(call)
        if request is None and now - turn >= self._threshold / 2:
            request = self._request_in(inside)
        return look.but(call=call, site=site_of(inside), request=request)

    def _conclude(self, look: Look[Site, Request]) -> None:
        if look.turn is not None and PAUSES.since(look.turn):
            self._stretches.forget(look.turn)
        blocked = self._stretches.after(look)
        if blocked is not None:
            self._on_blocked(blocked)
            kept_back = self._repeats.admits((blocked.site.code, blocked.site.line), look.now)
            if kept_back is not None:
                tell_blocked(blocked, kept_back)

    def _request_in(self, stack: list[FrameType]) -> Request | None:
        return next((one for owner in owners_in(stack) if (one := self._request_of(owner))), None)
