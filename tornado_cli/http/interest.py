"""What an event loop waits for, changed only when it would make a difference.

While an answer is being finished, the next request of a busy connection arrives. Tornado then stops waiting for what
the connection brings, and a moment later begins again: two calls of the kernel for each request, seven with uvloop.
Here the stop is put off until something comes that nobody wants to read yet; mostly nothing does.
"""

from collections.abc import Callable
from typing import Any

from tornado.ioloop import IOLoop

_READ, _WRITE = IOLoop.READ, IOLoop.WRITE


def put_off_stops(loop: IOLoop) -> None:
    """Have a loop stop waiting to read only when it must, for all that is added to it from now on."""
    interest = _Interest(loop)
    loop.add_handler = interest.add  # type: ignore[method-assign]
    loop.update_handler = interest.update  # type: ignore[method-assign]
    loop.remove_handler = interest.remove  # type: ignore[method-assign]


class _Interest:
    """Stands before three methods of a loop; the loop's own do the work."""

    def __init__(self, loop: IOLoop) -> None:
        self._add, self._update, self._remove = loop.add_handler, loop.update_handler, loop.remove_handler
        self._wanted: dict[int, int] = {}
        """By the descriptors that the loop waits to read from: the events that Tornado waits for."""

    def add(self, fd: Any, handler: Callable[[Any, int], None], events: int) -> None:
        all_wanted = self._wanted
        number = _number_of(fd)

        def handle(file: Any, happened: int) -> None:
            wanted = all_wanted.get(number, happened)
            if wanted & happened:
                handler(file, happened)
            else:
                del all_wanted[number]
                self._update(number, wanted)

        self._add(fd, handle, events)
        if events & _READ:
            all_wanted[number] = events

    def update(self, fd: Any, events: int) -> None:
        number = fd if isinstance(fd, int) else fd.fileno()
        before = self._wanted.get(number)
        if before is not None:
            self._wanted[number] = events
            if (before | events) & _WRITE:
                self._update(number, events | _READ)
        else:
            if events & _READ:
                self._wanted[number] = events
            self._update(number, events)

    def remove(self, fd: Any) -> None:
        self._wanted.pop(_number_of(fd), None)
        self._remove(fd)


def _number_of(fd: Any) -> int:
    number: int = fd if isinstance(fd, int) else fd.fileno()
    return number
