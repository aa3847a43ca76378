"""What the stream of a connection does in our way while HTTP is spoken on it.

All of it stands in the stream's own dictionary, beside Tornado's class, and is taken away when a WebSocket or the
application takes the stream over: from then on it only tells of its end.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from tornado.iostream import IOStream, SSLIOStream

_QUICKER = {b"\r?\n\r?\n": b"\n\r?\n"}
"""The end of a header block as Tornado looks for it, and what ends at the same byte but is found ten times as fast."""
_BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\n\r\n"
"""What Tornado answers where it cannot understand a request."""


def take_over(
    stream: Any, *, close_descriptor: Callable[[], None], bad_request: Callable[[], bytes] | None = None
) -> None:
    """Have a stream close and, where bad requests are looked at, read heads and answer them in our way.

    `bad_request` is called when Tornado is about to answer 400, and returns what is sent instead.
    """
    # Tornado's place to say how a stream's descriptor is closed.
    stream.close_fd = close_descriptor
    if not isinstance(stream, SSLIOStream):
        stream.read_from_fd = _sparing_reader(stream)
    if bad_request is not None:
        stream.read_until_regex = _head_reader(stream)
        stream.write = _writer(stream, bad_request)


def leave_nodelay(stream: IOStream) -> None:
    """Switch it on for good: Tornado does so and undoes it around each answer, four microseconds of each request."""
    stream.set_nodelay(True)
    stream.set_nodelay = _ignore  # type: ignore[method-assign, assignment]


def give_back(stream: Any) -> None:
    """Undo all of it."""
    for name in ("set_nodelay", "close_fd", "read_from_fd", "read_until_regex", "write", "head"):
        stream.__dict__.pop(name, None)


def tell_close(stream: Any, told: Callable[[], None]) -> None:
    """Have `told` called when a stream closes that is not ours any more: Tornado tells nobody."""

    def close_descriptor() -> None:
        del stream.close_fd
        told()
        stream.close_fd()

    stream.close_fd = close_descriptor


def head_of(stream: Any) -> bytes:
    """Return the header block of the present request as it came, up to the empty line."""
    head: bytes = stream.head.result()
    return head


def _head_reader(stream: Any) -> Callable[..., Awaitable[bytes]]:
    read = type(stream).read_until_regex

    def read_head(regex: bytes, max_bytes: int | None = None) -> Awaitable[bytes]:
        future: Awaitable[bytes] = read(stream, _QUICKER.get(regex, regex), max_bytes)
        stream.head = future
        return future

    return read_head


def _writer(stream: Any, bad_request: Callable[[], bytes]) -> Callable[[bytes | memoryview], Any]:
    write = type(stream).write

    def answer(data: bytes | memoryview) -> Any:
        return write(stream, bad_request() if data == _BAD_REQUEST else data)

    return answer


def _sparing_reader(stream: Any) -> Callable[[bytearray | memoryview], int | None]:
    """Read what there is, but do not ask once more whether there is more: the loop will tell.

    Tornado reads until nothing is there, which it learns from a system call and an exception for each request. What
    left room in the buffer has emptied the socket.
    """
    read = type(stream).read_from_fd
    is_empty = False

    def read_from_fd(buffer: bytearray | memoryview) -> int | None:
        nonlocal is_empty
        if is_empty:
            is_empty = False
            return None
        try:
            count: int | None = read(stream, buffer)
            is_empty = count is not None and 0 < count < len(buffer)
            return count
        finally:
            # As Tornado does: an exception that is kept would keep it, and what is viewed cannot grow.
            del buffer

    return read_from_fd


def _ignore(_value: bool) -> None:
    """Stand in for `IOStream.set_nodelay` while HTTP is spoken."""
