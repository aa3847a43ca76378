"""An alarm that any thread sets, and sets anew, and one waits for: pushing it back wakes nobody."""

import ctypes
import os
import struct
import threading
import time
from typing import Protocol

_TIMESPECS = struct.Struct("@llll")
"""Interval and first expiry, each in seconds and nanoseconds."""
_SOONEST = 1e-9
"""Zero would switch the timer off."""


class Alarm(Protocol):
    def set(self, seconds: float) -> None:
        """Ring after so many seconds from now, and not as set before."""

    def wait(self) -> None:
        """Return when it has rung since the last call."""


def new_alarm() -> Alarm:
    """Return the cheapest alarm that there is here."""
    try:
        return KernelAlarm()
    except (AttributeError, OSError):
        return PolledAlarm()


class KernelAlarm:
    """A timerfd: to wait for it is to sleep in the kernel, which is told by one call when it is pushed back.

    The library's functions: Python has its own from 3.13 on only. Called without letting go of the interpreter, which
    may be long in coming back: neither waits for anything.
    """

    _descriptor = -1

    def __init__(self) -> None:
        library = ctypes.PyDLL(None, use_errno=True)
        self._settime = library.timerfd_settime
        self._descriptor = library.timerfd_create(time.CLOCK_MONOTONIC, os.O_CLOEXEC)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")

    def set(self, seconds: float) -> None:
        nanoseconds = int(max(seconds, _SOONEST) * 1e9)
        self._settime(self._descriptor, 0, _TIMESPECS.pack(0, 0, *divmod(nanoseconds, 10**9)), None)

    def wait(self) -> None:
        os.read(self._descriptor, 8)

    def __del__(self) -> None:
        # Only then does nobody wait any more.
        if self._descriptor >= 0:
            os.close(self._descriptor)


class PolledAlarm:
    """For systems without timerfd: it wakes up as often as it is set, to see whether that was pushed back."""

    def __init__(self) -> None:
        self._rings_at: float | None = None
        self._is_set = threading.Event()

    def set(self, seconds: float) -> None:
        was_earlier = self._rings_at is not None and self._rings_at <= time.monotonic() + seconds
        self._rings_at = time.monotonic() + seconds
        if not was_earlier:
            self._is_set.set()

    def wait(self) -> None:
        while True:
            self._is_set.clear()
            rings_at = self._rings_at
            left = None if rings_at is None else rings_at - time.monotonic()
            if left is not None and left <= 0:
                self._rings_at = None
                return
            self._is_set.wait(left)
