"""The limit of bodies that Tornado keeps whole in memory before the application sees them."""

import sys
from collections.abc import Awaitable, Callable
from typing import Any

from tornado import httputil

_NESTED = 8
"""Delegates within delegates that are looked through at most."""
_DIGITS = 19
"""Of numbers that are too large for any machine's memory."""
_CHUNK_BY_CHUNK = "Transfer-Encoding"
_UNPACKED = "X-Consumed-Content-Encoding"
"""What Tornado calls the encoding of a body that it unpacks while it reads it."""


def may_be_larger(headers: httputil.HTTPHeaders, limit: int) -> bool:
    """Say whether a body may be larger than so many bytes, as far as its headers tell."""
    if _CHUNK_BY_CHUNK in headers:
        return True
    if "Content-Length" not in headers:
        return False
    return _UNPACKED in headers or _length(headers) > limit


class LimitedBody(httputil.HTTPMessageDelegate):
    """Stands before the application where a body may be too large; `refuse` answers, and ends the connection.

    A handler that takes its body piece by piece, and who has set a size for this request, keep their own limits:
    which handler it is turns out when the application has seen the headers.
    """

    def __init__(
        self, connection: Any, inner: httputil.HTTPMessageDelegate, limit: int, refuse: Callable[[], None]
    ) -> None:
        self._connection = connection
        self._inner = inner
        self._limit: float = limit
        self._refuse = refuse
        self._received = 0
        self._is_refused = False

    def headers_received(
        self, start_line: httputil.RequestStartLine | httputil.ResponseStartLine, headers: httputil.HTTPHeaders
    ) -> Awaitable[None] | None:
        connection = self._connection
        connection.set_max_body_size = self._set_max_body_size
        try:
            waiting = self._inner.headers_received(start_line, headers)
        finally:
            del connection.set_max_body_size
        if not _keeps_it_whole(self._inner):
            self._limit = float("inf")
        elif _CHUNK_BY_CHUNK not in headers and _length(headers) > self._limit:
            self._give_up()
        return waiting

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        self._received += len(chunk)
        if self._received > self._limit:
            self._give_up()
        return None if self._is_refused else self._inner.data_received(chunk)

    def finish(self) -> None:
        self._inner.finish()

    def on_connection_close(self) -> None:
        if not self._is_refused:
            self._inner.on_connection_close()

    def _set_max_body_size(self, size: int) -> None:
        self._limit = float("inf")
        type(self._connection).set_max_body_size(self._connection, size)

    def _give_up(self) -> None:
        if not self._is_refused:
            self._is_refused = True
            self._inner.on_connection_close()
            self._refuse()


def _length(headers: httputil.HTTPHeaders) -> int:
    """Return the length that is announced; 0 for nonsense, which Tornado refuses."""
    # The same length twice is one, also for Tornado.
    text = headers.get("Content-Length", "0").partition(",")[0]
    if not (text.isascii() and text.isdigit()):
        return 0
    # Python reads no endless numbers.
    return int(text) if len(text) < _DIGITS else sys.maxsize


def _keeps_it_whole(delegate: Any) -> bool:
    """Say whether what receives a body collects it, so far as that can be known of a delegate of Tornado's."""
    for _ in range(_NESTED):
        if getattr(delegate, "delegate", None) is None:
            break
        delegate = delegate.delegate
    # That of a handler says which kind it is; that of a server without an application collects for a callback.
    return getattr(delegate, "stream_request_body", None) is False or hasattr(delegate, "request_callback")
