"""Tornado's HTTPServer with its connections in view: who waits, who is served, who has become a WebSocket."""

import functools
import socket
import time
from typing import TYPE_CHECKING, Any

from tornado import httputil
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.iostream import IOStream, SSLIOStream

from tornado_cli.http.exchange import Exchange, has_pending
from tornado_cli.http.farewell import Farewells, end_our_side
from tornado_cli.http.streams import give_back, leave_nodelay, take_over, tell_close

if TYPE_CHECKING:
    from tornado_cli.http.limits.stalls import Stalls
    from tornado_cli.http.proxies.preambles import Preambles
    from tornado_cli.http.proxies.trust import Trust
    from tornado_cli.http.service import Service

KEEP_ALIVE = 75.0
"""Seconds a connection may wait for its next request (Tornado's own default is an hour)."""
READ_SIZE = 16 * 1024
"""Bytes that one read from a connection takes at most; how bodies are cut into chunks is another setting."""
FAREWELL = 1.0
"""Seconds after the end of our side in which a client may end its own."""
_LOOK = 0.02
"""Seconds until a connection on which something has just arrived is looked at again."""
FRESH = 1.0
"""Seconds after its accept in which a connection's first request is taken to be on its way."""


class ObservedServer(HTTPServer):
    """What `HTTPServer(app)` makes under tcli, by `HTTPServer.configure`; the application need not know."""

    def initialize(  # type: ignore[override]
        self, request_callback: Any, *args: Any, service: "Service", is_plain: bool = False, **options: Any
    ) -> None:
        self.service = service
        self._exchanges: dict[Any, Exchange] = {}
        """The latest of each connection."""
        self._accepted_at: dict[Any, float] = {}
        """When connections were accepted that have not brought a request yet, by the monotonic clock."""
        self._open = 0
        self.detached: set[IOStream] = set()
        """Streams of WebSockets and the like that are still open."""
        self._farewells = Farewells(service.something_ended)
        self._has_our_tls = False
        """Whether the application has no certificate of its own."""
        self._guard = service.guard
        self._preambles = None if service.introduced_by is None else self._awaiting(service.introduced_by)
        self._clients = None if service.guard is None else service.guard.clients
        keep_alive = options.get("idle_connection_timeout")
        if not args:
            if self._guard is not None and not options.get("max_header_size"):
                options["max_header_size"] = self._guard.limits.header_size
            if not options.get("idle_connection_timeout"):
                options["idle_connection_timeout"] = KEEP_ALIVE
            if not options.get("ssl_options") and service.tls is not None and not is_plain:
                options["ssl_options"] = service.tls
                self._has_our_tls = True
        service.adopt(request_callback)
        super().initialize(request_callback, *args, **options)
        self.stalls: Stalls | None = None
        if self._guard is not None:
            self.stalls = self._guard.stalls(keep_alive)
            # Looks at all connections now and then cost less than a timer for each request.
            self.conn_params.header_timeout = None
        # Of each read Tornado clears a buffer of this size first; 64 KiB of it are 2 % of a small request.
        self.read_chunk_size = self.read_chunk_size or READ_SIZE

    def _awaiting(self, proxies: "Trust") -> "Preambles":
        from tornado_cli.http.proxies.preambles import Preambles

        assert self._guard is not None
        return Preambles(proxies, self._begin, self.service.something_ended, self._guard.refused)

    def _handle_connection(self, connection: socket.socket, address: Any) -> None:
        """Be called at each accept."""
        if self._preambles is None:
            self._begin(connection, address)
        else:
            self._preambles.accept(connection, address)

    def _begin(self, connection: socket.socket, address: Any) -> None:
        """Begin, with TLS where it is spoken. A Unix socket has no name for a certificate to be for: it is plain."""
        if self._has_our_tls:
            # The latest: what is open keeps the one that it began with.
            self.ssl_options = self.service.tls
        if self.ssl_options is None:
            super()._handle_connection(connection, address)
            return
        if connection.family != socket.AF_UNIX:
            try:
                super()._handle_connection(connection, address)
            except OSError:
                # It has gone already, with what it sent.
                connection.close()
            return
        options, self.ssl_options = self.ssl_options, None
        try:
            super()._handle_connection(connection, address)
        finally:
            self.ssl_options = options

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        """Be called at the accept, before anything has been read."""
        if self._clients is not None and not self._clients.admits(stream, address):
            self._turn_away(stream, self._clients.words_for_excess())
            return
        self._open += 1
        self.service.tally.connection_opened()
        leave_nodelay(stream)
        super().handle_stream(stream, address)

    def start_request(self, server_conn: Any, request_conn: httputil.HTTPConnection) -> httputil.HTTPMessageDelegate:
        """Be called when a connection has nothing to do: new, or after an answer was sent whole."""
        before = self._exchanges.get(server_conn)
        exchange = Exchange(self.service, request_conn, super().start_request(server_conn, request_conn))
        self._exchanges[server_conn] = exchange
        if before is None:
            self._accepted_at[server_conn] = time.monotonic()
            self._take_over(server_conn)
            return exchange
        self._accepted_at.pop(server_conn, None)
        before.left()
        if self.service.is_draining:
            if before.said_close:
                server_conn.stream.close()
            self.service.something_ended()
        return exchange

    def on_close(self, server_conn: Any) -> None:
        super().on_close(server_conn)
        give_back(server_conn.stream)
        self._open -= 1
        exchange = self._exchanges.pop(server_conn, None)
        self._accepted_at.pop(server_conn, None)
        if exchange is not None:
            exchange.left()
        if server_conn.stream.closed():
            self._has_closed(server_conn.stream)
        else:
            # Handed over to a WebSocket, or to the application, which may have its own mind.
            self.detached.add(server_conn.stream)
            tell_close(server_conn.stream, functools.partial(self._detached_closes, server_conn.stream))
        self.service.something_ended()

    def _detached_closes(self, stream: IOStream) -> None:
        self.detached.discard(stream)
        self._has_closed(stream)

    def _has_closed(self, stream: IOStream) -> None:
        self.service.tally.connection_closed()
        if self._clients is not None:
            self._clients.ended(stream)

    def _turn_away(self, stream: IOStream, words: bytes) -> None:
        """Close what was just accepted, with an answer where it is plain: a handshake would cost more than that."""
        if not isinstance(stream, SSLIOStream):
            stream.close_fd = functools.partial(self._farewells.say, stream.socket, words)  # type: ignore[method-assign]
        stream.close()

    def _take_over(self, server_conn: Any) -> None:
        close = functools.partial(self._close_descriptor, server_conn)
        if self._guard is None:
            take_over(server_conn.stream, close_descriptor=close)
            return
        faults = self._guard.faults
        take_over(
            server_conn.stream,
            close_descriptor=close,
            bad_request=lambda: faults.answer_to_malformed(self._exchanges[server_conn]),
        )

    def _close_descriptor(self, server_conn: Any) -> None:
        stream, exchange = server_conn.stream, self._exchanges[server_conn]
        if self._clients is not None:
            # Not later: the client may come back at once.
            self._clients.ended(stream)
        last_words = exchange.last_words
        if self._guard is not None and stream.error is not None:
            last_words = self._guard.faults.answer_to_overlong(exchange, stream)
        if last_words or (stream.error is None and exchange.may_be_sending(stream)):
            self._farewells.say(stream.socket, last_words)
            stream.socket = None
        else:
            type(stream).close_fd(stream)

    @property
    def busy(self) -> list[Exchange]:
        """The exchanges whose answers are not yet sent whole."""
        return [exchange for exchange in self._exchanges.values() if exchange.busy]

    @property
    def has_farewells(self) -> bool:
        """Whether clients still send though they have their answers."""
        return len(self._farewells) > 0

    @property
    def has_connections(self) -> bool:
        """Whether any connection is open that is no WebSocket."""
        return self._open > 0 or self.has_farewells or bool(self._preambles)

    def end_stalled(self, now: float) -> None:
        """End connections that have stood still for too long."""
        if self.stalls is not None:
            self.stalls.look(self._exchanges, self._accepted_at, now)

    def half_close_idle(self, now: float, linger_until: float) -> float | None:
        """End our side of connections that have waited long enough; return when to ask again.

        A clean end of file, never a reset: the client's side stays open until it ends it, or FAREWELL is over.
        """
        again: list[float] = []
        for connection, exchange in list(self._exchanges.items()):
            accepted_at = self._accepted_at.get(connection)
            patient_until = linger_until if accepted_at is None else max(linger_until, accepted_at + FRESH)
            if exchange.busy or exchange.is_refused:
                continue
            if now < patient_until:
                again.append(patient_until)
            elif has_pending(connection.stream) or not exchange.is_awaited(connection.stream):
                again.append(now + _LOOK)
            else:
                exchange.is_refused = True
                end_our_side(connection.stream.socket)
                IOLoop.current().call_later(FAREWELL, connection.stream.close)
        return min(again, default=None)

    def drop_connections(self) -> None:
        """Close every connection at once, with what is on its way."""
        if self._preambles is not None:
            self._preambles.drop()
        for connection in list(self._exchanges):
            connection.stream.close()
        for stream in list(self.detached):
            stream.close()
