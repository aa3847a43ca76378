"""Times in which somebody holds the loop on purpose."""

import contextlib
from collections.abc import Iterator


class Pauses:
    """Entered and left by `paused()`, looked at by the watch."""

    def __init__(self) -> None:
        self._changes = 0

    @contextlib.contextmanager
    def pause(self) -> Iterator[None]:
        self._changes += 1
        try:
            yield
        finally:
            self._changes += 1

    def since(self, mark: int) -> tuple[int, bool]:
        """Return a new mark, and whether there was or is a pause since the old one."""
        changes = self._changes
        return changes, changes != mark or changes % 2 == 1


PAUSES = Pauses()


def paused() -> contextlib.AbstractContextManager[None]:
    """Report nothing of a turn of the loop in which this block is run: somebody talks with a debugger there."""
    return PAUSES.pause()
