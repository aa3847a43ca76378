"""Signals that have to wait until the disk is clean."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tornado_cli.files.refusals import StoppedError


@contextmanager
def signals_held() -> Iterator[Callable[[], None]]:
    """Keep INT, TERM and HUP waiting until the end; the check that is yielded raises when one has come."""
    if not hasattr(signal, "pthread_sigmask"):
        yield lambda: None
        return
    heard = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    held = {number for number in heard if signal.getsignal(number) is not signal.SIG_IGN}

    def check() -> None:
        if signal.sigpending() & held:
            raise StoppedError("Stopped by a signal; nothing was left behind.")

    before = signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        yield check
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
