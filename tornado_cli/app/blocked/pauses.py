"""Times in which somebody holds the loop on purpose."""

import contextlib
import time
from collections.abc import Iterator


class Pauses:
    """Begun and ended by `paused()`, looked at by the watch."""

    def __init__(self) -> None:
        self._going_on = 0
        self._last_ended_at = 0.0

    @contextlib.contextmanager
    def pause(self) -> Iterator[None]:
        self._going_on += 1
        try:
            yield
        finally:
            self._going_on -= 1
            self._last_ended_at = time.monotonic()

    def since(self, moment: float) -> bool:
        """Say whether there was or is a pause since a moment of the monotonic clock."""
        return self._going_on > 0 or self._last_ended_at >= moment


PAUSES = Pauses()


def paused() -> contextlib.AbstractContextManager[None]:
    """Report nothing of a turn of the loop in which this block is run: somebody talks with a debugger there."""
    return PAUSES.pause()
