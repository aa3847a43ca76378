"""One request and its answer, seen from between Tornado's HTTP engine and the application."""

import fcntl
import itertools
import os
import re
import sys
import termios
import time
from collections.abc import Awaitable
from typing import Any, Protocol

from tornado import httputil

# What a proxy in front may hand on; anything else could write into our log.
_FOREIGN_ID = re.compile(r"[A-Za-z0-9._\-]{1,128}")
CLIENT_CLOSED_REQUEST = 499
"""Logged when the client left before an answer began (the number is nginx's)."""
SWITCHING_PROTOCOLS = 101
_INT = 4
"""Bytes of a C int."""


class Observer(Protocol):
    """Told when an exchange begins and when its answer is complete."""

    is_draining: bool
    """Answers say `Connection: close`."""

    def exchange_began(self, exchange: "Exchange") -> None: ...

    def exchange_ended(self, exchange: "Exchange") -> None: ...


def has_pending(stream: Any) -> bool:
    """Say whether bytes have arrived on a connection that nobody has asked for yet."""
    if stream.closed():
        return False
    # Tornado has no public way to ask for what it has read ahead; the rest is the kernel's to say.
    if getattr(stream, "_read_buffer", b""):
        return True
    count = fcntl.ioctl(stream.fileno(), termios.FIONREAD, bytes(_INT))
    return int.from_bytes(count, sys.byteorder) > 0


class RequestIds:
    """Identifiers of requests: unique among processes by a random prefix, cheap by a counter."""

    def __init__(self) -> None:
        self._prefix = os.urandom(5).hex()
        self._numbers = itertools.count(1)

    def next(self) -> str:
        return f"{self._prefix}-{next(self._numbers):x}"


class Exchange(httputil.HTTPMessageDelegate):
    """Stands between the engine and the application's delegate; times, numbers and reports the answer.

    It shadows three methods of the connection object, which Tornado makes anew for each request. Unlike
    `log_function` this sees every kind of application, and the size of the answer.
    """

    def __init__(self, observer: Observer, ids: RequestIds, connection: Any, fresh_until: float) -> None:
        self._observer = observer
        self._ids = ids
        self._connection = connection
        self.fresh_until = fresh_until
        """By the monotonic clock: until then the first request of a connection is awaited, even in a drain."""
        self.inner: httputil.HTTPMessageDelegate
        self.busy = False
        self.ended = False
        self.said_close = False
        """Whether the answer told the client that the connection ends with it."""
        self.is_refused = False
        """Whether our side of the connection has ended: what still comes cannot be answered, so it is not begun."""
        self.method = self.path = self.client = self.request_id = ""
        self.status = 0
        self.size = 0
        self.began_at = 0.0
        """By the monotonic clock."""

    def headers_received(
        self, start_line: httputil.RequestStartLine | httputil.ResponseStartLine, headers: httputil.HTTPHeaders
    ) -> Awaitable[None] | None:
        if self.is_refused:
            return None
        assert isinstance(start_line, httputil.RequestStartLine)
        self.began_at = time.perf_counter()
        self.busy = True
        self.method, self.path = start_line.method, start_line.path
        given = headers.get("X-Request-ID", "")
        if _FOREIGN_ID.fullmatch(given):
            self.request_id = given
        else:
            self.request_id = headers["X-Request-ID"] = self._ids.next()
        self._observer.exchange_began(self)
        connection = self._connection
        self._write_headers, connection.write_headers = connection.write_headers, self._answer_begins
        self._finish, connection.finish = connection.finish, self._answer_ends
        waiting = self.inner.headers_received(start_line, headers)
        # Only now: a trusted proxy's headers have been applied.
        self.client = connection.context.remote_ip
        return waiting

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        return None if self.is_refused else self.inner.data_received(chunk)

    def finish(self) -> None:
        if not self.is_refused:
            self.inner.finish()

    def on_connection_close(self) -> None:
        if not self.is_refused:
            self.inner.on_connection_close()

    def duration(self) -> float:
        """Return the seconds since the request's headers had arrived."""
        return time.perf_counter() - self.began_at

    def left(self) -> None:
        """Note that the connection has gone on or has gone: an answer that never ended ends here."""
        if self.busy and not self.ended:
            self._report(self.status or CLIENT_CLOSED_REQUEST)
        self.busy = False
        # The connection and its shadowed methods hold each other.
        for name in ("write_headers", "write", "finish"):
            self._connection.__dict__.pop(name, None)

    def _answer_begins(
        self, start_line: httputil.ResponseStartLine, headers: httputil.HTTPHeaders, chunk: bytes | None = None
    ) -> Any:
        self.status = start_line.code
        if "X-Request-ID" not in headers:
            headers["X-Request-ID"] = self.request_id
        # After `close` nothing more may be answered (RFC 9112 section 9.6): a pipelined request would be lost.
        if (
            self._observer.is_draining
            and self.status != SWITCHING_PROTOCOLS
            and not has_pending(self._connection.stream)
        ):
            headers["Connection"] = "close"
            self.said_close = True
        length = headers.get("Content-Length")
        if length is not None:
            self.size = 0 if self.method == "HEAD" else int(length)
        else:
            self.size = len(chunk or b"")
            self._write, self._connection.write = self._connection.write, self._answer_goes_on
        return self._write_headers(start_line, headers, chunk)

    def _answer_goes_on(self, chunk: bytes) -> Any:
        self.size += len(chunk)
        return self._write(chunk)

    def _answer_ends(self) -> None:
        self._finish()
        self._report(self.status)

    def _report(self, status: int) -> None:
        self.status = status
        self.ended = True
        self._observer.exchange_ended(self)
