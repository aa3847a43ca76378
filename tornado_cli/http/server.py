"""Tornado's HTTPServer with its connections in view: who waits, who is served, who has become a WebSocket."""

import time
from typing import TYPE_CHECKING, Any

from tornado import httputil
from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream

from tornado_cli.http.exchange import Exchange

if TYPE_CHECKING:
    from tornado_cli.http.service import Service

KEEP_ALIVE = 75.0
"""Seconds a connection may wait for its next request (Tornado's own default is an hour)."""
FRESH = 1.0
"""Seconds after its accept in which a connection's first request is taken to be on its way."""


class ObservedServer(HTTPServer):
    """What `HTTPServer(app)` makes under tcli, by `HTTPServer.configure`; the application need not know."""

    def initialize(  # type: ignore[override]
        self, request_callback: Any, *args: Any, service: "Service", **options: Any
    ) -> None:
        self.service = service
        self._exchanges: dict[Any, Exchange] = {}
        self._detached: list[IOStream] = []
        if not args:
            if not options.get("idle_connection_timeout"):
                options["idle_connection_timeout"] = KEEP_ALIVE
            if not options.get("ssl_options"):
                options["ssl_options"] = service.tls
        service.adopt(request_callback)
        super().initialize(request_callback, *args, **options)

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        """Be called at the accept, before anything has been read."""
        self.service.tally.connection_opened()
        super().handle_stream(stream, address)

    def start_request(self, server_conn: object, request_conn: httputil.HTTPConnection) -> httputil.HTTPMessageDelegate:
        """Be called when a connection has nothing to do: new, or after an answer was sent whole."""
        before = self._exchanges.get(server_conn)
        if before is not None:
            before.left()
        fresh_until = time.monotonic() + FRESH if before is None else 0.0
        exchange = Exchange(self.service, self.service.request_ids, request_conn, fresh_until)
        exchange.inner = super().start_request(server_conn, request_conn)
        self._exchanges[server_conn] = exchange
        if self.service.is_draining and before is not None:
            # The answer just sent said that this would happen.
            server_conn.stream.close()  # type: ignore[attr-defined]
        return exchange

    def on_close(self, server_conn: Any) -> None:
        super().on_close(server_conn)
        exchange = self._exchanges.pop(server_conn, None)
        if exchange is not None:
            exchange.left()
        if server_conn.stream.closed():
            self.service.tally.connection_closed()
        else:
            # Handed over to a WebSocket, or to the application.
            self._detached.append(server_conn.stream)
        self.forget_closed()
        self.service.something_ended()

    @property
    def busy(self) -> list[Exchange]:
        """The exchanges whose answers are not yet sent whole."""
        return [exchange for exchange in self._exchanges.values() if exchange.busy]

    @property
    def has_fresh(self) -> bool:
        """Whether the first request of a connection may be on its way: to close now would lose it."""
        now = time.monotonic()
        return any(not exchange.busy and now < exchange.fresh_until for exchange in self._exchanges.values())

    @property
    def open_detached(self) -> list[IOStream]:
        """Streams of WebSockets and the like that are still open."""
        return [stream for stream in self._detached if not stream.closed()]

    def forget_closed(self) -> None:
        """Count off the WebSockets that have closed: Tornado tells nobody."""
        still_open = self.open_detached
        for _ in range(len(self._detached) - len(still_open)):
            self.service.tally.connection_closed()
        self._detached = still_open

    def stop_keeping_alive(self) -> None:
        """Close what is idle and no longer fresh; what is busy says `Connection: close` in its answer."""
        self.conn_params.no_keep_alive = True
        now = time.monotonic()
        for connection, exchange in list(self._exchanges.items()):
            if not exchange.busy and exchange.fresh_until <= now:
                connection.stream.close()

    def drop_connections(self) -> None:
        """Close every connection at once, with what is on its way."""
        for connection in list(self._exchanges):
            connection.stream.close()
        for stream in self.open_detached:
            stream.close()
