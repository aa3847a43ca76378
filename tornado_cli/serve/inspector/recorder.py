"""Notes what comes for the application and what it answers; a front (`http.exchange`) that takes no request itself."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from tornado import httputil
from tornado.iostream import SSLIOStream

from tornado_cli.app.blocked.stretch import Blocked
from tornado_cli.app.sites import blame_of
from tornado_cli.http.exchange import CLIENT_CLOSED_REQUEST, SWITCHING_PROTOCOLS, Exchange
from tornado_cli.serve.inspector.collector import LogCollector
from tornado_cli.serve.inspector.notes import CURRENT, Notes
from tornado_cli.serve.inspector.places import place_of
from tornado_cli.serve.inspector.store import RequestStore

AGAIN = "X-Tcli-Again"
"""Header of a request that is made again; the application does not see it."""
_SOON = 0.05
"""Seconds in which what still comes about a request is gathered, before it is written anew."""
_RECENT = 50
"""Requests of which something may still be told after their answers."""


class Expected:
    """A request that is made again, from here."""

    notes: Notes | None = None
    """None until it has come."""

    def __init__(self, again_of: int, *, is_traced: bool) -> None:
        self.again_of = again_of
        self.is_traced = is_traced
        self.is_answered = asyncio.Event()


class Recorder:
    """Of one process. What was noted is written when the answer has been sent, so that nobody waits for it."""

    def __init__(self, store: RequestStore) -> None:
        self.store = store
        self.expected: dict[str, Expected] = {}
        """By the value of their header."""
        self._running: dict[Notes, None] = {}
        self._recent: deque[Notes] = deque(maxlen=_RECENT)
        self._changed: set[Notes] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._logs = LogCollector(self.changed)

    def __call__(
        self, exchange: Exchange, start_line: httputil.RequestStartLine, headers: httputil.HTTPHeaders
    ) -> httputil.HTTPMessageDelegate:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._logs.start()
        expected = self.expected.pop(headers.pop(AGAIN), None) if AGAIN in headers else None
        notes = _begun(exchange, start_line, headers)
        self._running[notes] = None
        recorded = RecordedRequest(notes, exchange)
        if expected is not None:
            expected.notes = notes
            notes.again_of, notes.is_traced = expected.again_of, expected.is_traced
            if expected.is_traced:
                from tornado_cli.serve.inspector.tracing import Tracing

                recorded.tracing = Tracing(self._loop, notes)
        stream = exchange.connection.stream
        exchange.at_end = lambda: self._answered(exchange, recorded, stream, expected)
        return recorded

    def catch_up(self) -> None:
        """Write down what is not written yet, also of what is being answered right now: somebody looks."""
        for notes in self._running:
            if not notes.number:
                self._save(notes)
        self._write_changed()

    def changed(self, notes: Notes) -> None:
        """Be told, in any thread, that something has been noted: if the request is written already, it is again."""
        if notes.number and self._loop is not None:
            with contextlib.suppress(RuntimeError):
                # The loop may be closed.
                self._loop.call_soon_threadsafe(self._save_soon, notes)

    def loop_was_held(self, blocked: Blocked[Any, Any]) -> None:
        """Mark whom the loop was held for, and who waited; called in the thread that watches the loop."""
        if not blocked.is_over or self._loop is None:
            return
        culprit = blocked.request.request_id if blocked.request is not None else ""
        now = time.perf_counter()
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(
                self._mark, culprit, now - blocked.seconds, blocked.seconds, str(blame_of(blocked.site))
            )

    def _mark(self, culprit: str, began: float, seconds: float, place: str) -> None:
        for notes in [*self._running, *self._recent]:
            is_culprit = bool(culprit) and notes.request_id == culprit
            if is_culprit or notes.was_running(began, began + seconds):
                notes.marks.append({"seconds": seconds, "place": place, "is_culprit": is_culprit})
                self.changed(notes)

    def stop(self) -> None:
        """Write what is not written yet: the process leaves, and what goes on has been cut off."""
        self._logs.stop()
        for notes in list(self._running):
            notes.status = notes.status or CLIENT_CLOSED_REQUEST
            self._ended(notes)
        self._write_changed()

    # The end of an answer.

    def _answered(
        self, exchange: Exchange, recorded: "RecordedRequest", stream: Any, expected: Expected | None
    ) -> None:
        notes = recorded.notes
        notes.status, notes.client = exchange.status, exchange.client
        if exchange.status == SWITCHING_PROTOCOLS and not stream.closed():
            # Handed over: nobody else is told when it closes.
            stream.set_close_callback(lambda: self._ended(notes))
            self._save(notes)
        else:
            if recorded.tracing is not None:
                recorded.tracing.end()
            self._ended(notes)
        if expected is not None:
            expected.is_answered.set()

    def _ended(self, notes: Notes) -> None:
        if notes.duration is None:
            notes.ended()
        self._running.pop(notes, None)
        self._recent.append(notes)
        self._save(notes)

    def _save(self, notes: Notes) -> None:
        # Where there is no room any more, what is served is served all the same.
        with contextlib.suppress(OSError):
            if notes.number:
                self.store.replace(notes.number, notes.summary(), notes.details())
            else:
                notes.number = self.store.add(notes.summary(), notes.details())

    def _save_soon(self, notes: Notes) -> None:
        if not self._changed and self._loop is not None:
            self._loop.call_later(_SOON, self._write_changed)
        self._changed.add(notes)

    def _write_changed(self) -> None:
        while self._changed:
            self._save(self._changed.pop())


class RecordedRequest(httputil.HTTPMessageDelegate):
    """Stands between the engine and whatever the application has for the request."""

    tracing: Any = None
    """Of its awaits, when they are to be timed."""

    def __init__(self, notes: Notes, exchange: Exchange) -> None:
        self.notes = notes
        self._inner = exchange.inner
        _watch_answer(exchange.connection, notes)

    def headers_received(
        self, start_line: httputil.RequestStartLine | httputil.ResponseStartLine, headers: httputil.HTTPHeaders
    ) -> Awaitable[None] | None:
        with self._current():
            waiting = self._inner.headers_received(start_line, headers)
        # Routers have chosen by now.
        self._note_place()
        return waiting

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        self.notes.request_body.add(chunk)
        with self._current():
            return self._inner.data_received(chunk)

    def finish(self) -> None:
        with self._current():
            self._inner.finish()

    def on_connection_close(self) -> None:
        with self._current():
            self._inner.on_connection_close()

    def _note_place(self) -> None:
        place = place_of(self._inner, self.notes.method)
        self.notes.handler, self.notes.function = place.handler, place.function
        self.notes.file, self.notes.line = place.file, place.line

    @contextlib.contextmanager
    def _current(self) -> Iterator[None]:
        # Tasks that are begun inside take it along.
        token = CURRENT.set(self.notes)
        try:
            yield
        finally:
            CURRENT.reset(token)


def _begun(exchange: Exchange, start_line: httputil.RequestStartLine, headers: httputil.HTTPHeaders) -> Notes:
    # The id is ours to tell, and not always the client's.
    sent = [(name, value) for name, value in headers.get_all() if name != "X-Request-Id"]
    notes = Notes(start_line.method, start_line.path, sent)
    notes.request_id = exchange.request_id
    notes.client, stream = exchange.connection.context.remote_ip, exchange.connection.stream
    # Not what a proxy says that it has come by.
    notes.is_tls = isinstance(stream, SSLIOStream)
    with contextlib.suppress(OSError):
        name = stream.socket.getsockname()
        notes.server = list(name[:2]) if isinstance(name, tuple) else []
    return notes


def _watch_answer(connection: Any, notes: Notes) -> None:
    """Look at what is written, where the exchange has put its own methods in the way already."""
    begins: Callable[..., Any] = connection.write_headers

    def write_headers(
        start_line: httputil.ResponseStartLine, headers: httputil.HTTPHeaders, chunk: bytes | None = None
    ) -> Any:
        result = begins(start_line, headers, chunk)
        notes.answer_begins(start_line.code, headers.get_all())
        notes.answer_body.add(chunk or b"")
        write: Callable[..., Any] = connection.write

        def write_more(chunk: bytes) -> Any:
            notes.answer_body.add(chunk)
            return write(chunk)

        connection.write = write_more
        return result

    connection.write_headers = write_headers
