"""Where a top process waits: for signals and for whatever it reads from, in one call."""

import contextlib
import selectors
import signal
from collections.abc import Callable, Sequence
from typing import Any

from tornado_cli.system.wakeup import SignalWakeup


class Inbox:
    """Waits on everything at once; who registers something is called when it is readable."""

    def __init__(self, signals: Sequence[signal.Signals]) -> None:
        self._selector = selectors.DefaultSelector()
        self._signals = tuple(signals)
        self._wakeup = SignalWakeup(signals)
        self._selector.register(self._wakeup, selectors.EVENT_READ, None)
        self.ignored_before = self._wakeup.ignored_before

    def register(self, source: Any, when_readable: Callable[[], None]) -> None:
        self._selector.register(source, selectors.EVENT_READ, when_readable)

    def forget(self, source: Any) -> None:
        """Wait for it no more; nothing happens when it was not waited for."""
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(source)

    def wait(self, timeout: float | None, on_signal: Callable[[signal.Signals], None]) -> None:
        """Wait for at most `timeout` seconds; tell of the signals that came, then call who has something to read."""
        ready = [key for key, _ in self._selector.select(timeout)]
        # What a process reports now may be the effect of what a user asked for before.
        while numbers := self._wakeup.arrived():
            for number in numbers:
                on_signal(number)
        for key in ready:
            if key.data is not None and self._selector.get_map().get(key.fd) is key:
                key.data()

    def heed_no_more(self) -> None:
        """Have no signal change how this process ends: an interpreter that ends gives up its handlers first."""
        signal.pthread_sigmask(signal.SIG_BLOCK, self._signals)

    def close(self) -> None:
        self._selector.close()
        self._wakeup.close()
