"""What a thread has done with its time: on a CPU, or waiting for one."""

import contextlib
import os
import threading
import time

from tornado_cli.records import Record

_NANO = 1e-9


class Times(Record):
    """Seconds, since the thread began."""

    on_cpu: float
    waiting: float
    """Ready to run, while others had the CPUs; 0 where the system does not tell."""


class ThreadTimes:
    """Of the thread that makes it; to be read by any."""

    def __init__(self) -> None:
        self._clock = _cpu_clock()
        self._descriptor = -1
        with contextlib.suppress(OSError):
            path = f"/proc/self/task/{threading.get_native_id()}/schedstat"
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def read(self) -> Times:
        if self._descriptor >= 0:
            with contextlib.suppress(OSError, ValueError):
                on_cpu, waiting = os.pread(self._descriptor, 128, 0).split()[:2]
                return Times(int(on_cpu) * _NANO, int(waiting) * _NANO)
        return Times(time.process_time() if self._clock is None else time.clock_gettime(self._clock), 0.0)

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)


def _cpu_clock() -> int | None:
    """Return the clock of this thread's CPU time, where there are such clocks."""
    return time.pthread_getcpuclockid(threading.get_ident()) if hasattr(time, "pthread_getcpuclockid") else None
