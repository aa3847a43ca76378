"""One request and its answer, seen from between Tornado's HTTP engine and the application."""

import fcntl
import itertools
import os
import re
import sys
import termios
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import tornado
from tornado import httputil
from tornado.iostream import SSLIOStream

from tornado_cli.http.tally import Tally

# What a proxy in front may hand on; anything else could write into our log.
_FOREIGN_ID = re.compile(r"[A-Za-z0-9._\-]{1,128}")
CLIENT_CLOSED_REQUEST = 499
"""Logged when the client left before an answer began (the number is nginx's)."""
SWITCHING_PROTOCOLS = 101
_HSTS = "Strict-Transport-Security"
OURSELVES = ("127.0.0.1", 0)
"""The address of whoever asks from within this process; no client has it, nor this very object."""
SERVER = "TornadoServer"
"""What answers say of the server, unless the application names it itself: no version, which only attackers use."""
_SERVER_WITH_VERSION = [f"{SERVER}/{tornado.version}"]
_NOBODY = "0.0.0.0"  # noqa: S104 - what Tornado has for clients of a Unix socket, whom no header names.
UNIX_CLIENT = "unix"
_INT = 4
"""Bytes of a C int."""


class Observer(Protocol):
    """What an exchange needs of the process that it is a part of."""

    tally: Tally
    is_draining: bool
    """Whether answers say `Connection: close`."""
    next_request_id: Callable[[], str]
    fronts: "Sequence[Front]"
    """Asked in turn about each request; the first that gives a delegate has it."""

    hsts: str
    """What answers over TLS say in `Strict-Transport-Security`; nothing where it is empty."""

    def exchange_ended(self, exchange: "Exchange") -> None:
        """Be told that an answer was sent whole, or is given up."""


class Front(Protocol):
    """Looks at each request before the application does, and may take it in the application's stead."""

    def __call__(
        self, exchange: "Exchange", start_line: httputil.RequestStartLine, headers: httputil.HTTPHeaders
    ) -> httputil.HTTPMessageDelegate | None:
        """Return who receives the rest of the request, from its headers on; None for the application."""


def has_pending(stream: Any) -> bool:
    """Say whether bytes have arrived on a connection that nobody has asked for yet."""
    if stream.closed():
        return False
    # Tornado has no public way to ask for what it has read ahead; the rest is the kernel's to say.
    if getattr(stream, "_read_buffer", b""):
        return True
    count = fcntl.ioctl(stream.fileno(), termios.FIONREAD, bytes(_INT))
    return int.from_bytes(count, sys.byteorder) > 0


def request_ids() -> Callable[[], str]:
    """Return what makes identifiers of requests: unique among processes by a random prefix, cheap by a counter."""
    prefix = os.urandom(5).hex()
    numbers = itertools.count(1)
    return lambda: f"{prefix}-{next(numbers):x}"


def client_of(context: Any) -> str:
    """Return whom the log calls the client of a connection, or of its present request behind a proxy."""
    client: str = context.remote_ip
    return client if client != _NOBODY else UNIX_CLIENT


class Exchange(httputil.HTTPMessageDelegate):
    """Stands between the engine and the application's delegate; times, numbers and reports the answer.

    It shadows `write_headers` of the connection object, which Tornado makes anew for each request. Unlike
    `log_function` this sees every kind of application, and the size of the answer. Each line here is run for each
    request: what is the same for all stands in the class, and the end of an answer is noticed by what comes next.
    """

    busy = False
    said_close = False
    """Whether the answer told the client that the connection ends with it."""
    is_refused = False
    """Whether our side of the connection has ended: what still comes cannot be answered, so it is not begun."""
    counts_chunks = False
    """Whether the size of the answer is known only when it has been sent."""
    is_read = False
    """Whether the request has arrived whole."""
    is_logged = True
    """Whether the answer is one of the application's, for the access log."""
    received = 0
    """Bytes of the body that have come."""
    at_end: Callable[[], None] | None = None
    """Called when the answer has been sent whole, or is given up."""
    last_words = b""
    """An answer to what is no request yet, to be sent when the connection is closed."""
    method = path = client = request_id = ""
    status = 0
    size = 0
    began_at = 0.0
    """By the performance counter."""

    def __init__(self, observer: Observer, connection: Any, inner: httputil.HTTPMessageDelegate) -> None:
        self._observer = observer
        self.connection = connection
        self.inner = inner
        """Who receives the request: the application, or who stands before it."""

    def headers_received(
        self, start_line: httputil.RequestStartLine | httputil.ResponseStartLine, headers: httputil.HTTPHeaders
    ) -> Awaitable[None] | None:
        if self.is_refused:
            return None
        assert isinstance(start_line, httputil.RequestStartLine)
        self.began_at = time.perf_counter()
        self.busy = True
        self.method, self.path, _ = start_line
        self._observer.tally.request_began()
        if "X-Request-ID" in headers and _FOREIGN_ID.fullmatch(headers["X-Request-ID"]):
            self.request_id = headers["X-Request-ID"]
        else:
            self.request_id = headers["X-Request-ID"] = self._observer.next_request_id()
        connection = self.connection
        connection.write_headers = self._answer_begins
        if connection.context.address is not OURSELVES:
            for front in self._observer.fronts:
                instead = front(self, start_line, headers)
                if instead is not None:
                    self.inner = instead
                    break
        waiting = self.inner.headers_received(start_line, headers)
        # Only now: a trusted proxy's headers have been applied.
        self.client = client_of(connection.context)
        return waiting

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        self.received += len(chunk)
        return None if self.is_refused else self.inner.data_received(chunk)

    def finish(self) -> None:
        self.is_read = True
        if not self.is_refused:
            self.inner.finish()

    def on_connection_close(self) -> None:
        if not self.is_refused:
            self.inner.on_connection_close()

    def is_awaited(self, stream: Any) -> bool:
        """Say whether the request is still to come; one that was read a moment ago has, though nobody has seen it."""
        reading: bool = stream.reading()
        return reading and not self.busy

    def may_be_sending(self, stream: Any) -> bool:
        """Say, when we close the connection, whether the client may be sending what nobody will read."""
        if self.status:
            return self.busy and not self.is_read
        # Tornado, which reads nothing now and has not been answered for, has found a fault in the request.
        return not stream.reading()

    def duration(self) -> float:
        """Return the seconds since the request's headers had arrived."""
        return time.perf_counter() - self.began_at

    def left(self) -> None:
        """Note that the answer has been sent whole, or that the connection has gone before it was."""
        if not self.busy:
            return
        self.busy = False
        self.status = self.status or CLIENT_CLOSED_REQUEST
        self._observer.exchange_ended(self)
        if self.at_end is not None:
            self.at_end()
        # The connection and its shadowed methods hold each other.
        del self.connection.write_headers
        if self.counts_chunks:
            del self.connection.write

    def _answer_begins(
        self, start_line: httputil.ResponseStartLine, headers: httputil.HTTPHeaders, chunk: bytes | None = None
    ) -> Any:
        connection = self.connection
        self.status = start_line[1]
        if "X-Request-ID" not in headers:
            headers["X-Request-ID"] = self.request_id
        # A list is there as it is, one value would be looked for twice: in HTTPHeaders each look is a Python function.
        if headers.get_list("Server") == _SERVER_WITH_VERSION:
            headers["Server"] = SERVER
        if self._observer.hsts and _HSTS not in headers and isinstance(connection.stream, SSLIOStream):
            headers[_HSTS] = self._observer.hsts
        # After `close` nothing more may be answered (RFC 9112 section 9.6): a pipelined request would be lost.
        if self._observer.is_draining and self.status != SWITCHING_PROTOCOLS and not has_pending(connection.stream):
            headers["Connection"] = "close"
            self.said_close = True
        lengths = headers.get_list("Content-Length")
        if lengths:
            self.size = 0 if self.method == "HEAD" else int(lengths[0])
        else:
            self.size = len(chunk or b"")
            self.counts_chunks = True
            connection.write = self._answer_goes_on
        return type(connection).write_headers(connection, start_line, headers, chunk)

    def _answer_goes_on(self, chunk: bytes) -> Any:
        self.size += len(chunk)
        return type(self.connection).write(self.connection, chunk)
