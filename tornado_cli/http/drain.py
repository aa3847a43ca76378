"""The drain: accept nothing more, finish what runs, let go of what waits, all before a deadline."""

import asyncio
import time
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from tornado.httpserver import HTTPServer

from tornado_cli.http.accept import GatedListener
from tornado_cli.http.server import ObservedServer
from tornado_cli.logs.masking import mask_query
from tornado_cli.records import Record

if TYPE_CHECKING:
    from tornado.websocket import WebSocketHandler

GOING_AWAY = 1001
"""RFC 6455 section 7.4.1."""
_WEBSOCKET_LOOK = 0.02
"""Seconds between looks at closing WebSockets: with the last one its handler may have something to do."""


class Manner(Record, kw_only=True):
    """How to drain; times in seconds."""

    grace: float
    linger: float
    """How long an idle kept connection may bring one last request."""
    close_spread: float
    """Over how long WebSockets are closed: their clients all come back, but not at once."""


class Draining:
    """One drain of a process's servers; what is queued at `abandoned` listeners is left to nobody else."""

    def __init__(
        self,
        servers: Sequence[HTTPServer],
        abandoned: Sequence[GatedListener],
        websockets: "Collection[WebSocketHandler]",
        manner: Manner,
    ) -> None:
        self._servers = servers
        # An application may have a server class of its own: nothing is known of its connections.
        self._observed = [server for server in servers if isinstance(server, ObservedServer)]
        self._abandoned = abandoned
        self._websockets = websockets
        self._manner = manner
        self._deadline = 0.0
        self._changed = asyncio.Event()

    def something_ended(self) -> None:
        """Be told that a connection has gone."""
        self._changed.set()

    async def run(self) -> bool:
        """Drain; return whether all was done in time. What was not is dropped."""
        self._deadline = time.monotonic() + self._manner.grace
        # Meanwhile more may come to the first of several.
        while sum(listener.accept_queued() for listener in self._abandoned):
            pass
        for server in self._servers:
            server.stop()
        linger_until = time.monotonic() + self._manner.linger
        closing = asyncio.ensure_future(self._close_websockets())
        in_time = await self._until_connections_have_gone(linger_until) and await self._until_websockets_have_closed()
        closing.cancel()
        return in_time

    def unfinished(self) -> list[str]:
        """Return what is still being done: `GET /report (24.9 s)`."""
        busy = [one for server in self._observed for one in server.busy]
        still_sending = ["clients that still send"] if any(one.has_farewells for one in self._observed) else []
        return [f"{one.method} {mask_query(one.path)} ({one.duration():.1f} s)" for one in busy] + still_sending

    def drop_the_rest(self) -> None:
        for server in self._observed:
            server.drop_connections()

    async def _until_connections_have_gone(self, linger_until: float) -> bool:
        while True:
            self._changed.clear()
            now = time.monotonic()
            # Each server says when it wants to be asked again.
            again = [server.half_close_idle(now, linger_until) for server in self._observed]
            if not any(server.has_connections for server in self._observed):
                return True
            if now >= self._deadline:
                return False
            until = min([self._deadline, *(moment for moment in again if moment is not None)])
            try:
                async with asyncio.timeout(until - now):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def _close_websockets(self) -> None:
        handlers = list(self._websockets)
        pause = min(self._manner.close_spread, self._manner.grace / 2) / max(len(handlers), 1)
        for handler in handlers:
            handler.close(GOING_AWAY, "server stops")
            await asyncio.sleep(pause)

    async def _until_websockets_have_closed(self) -> bool:
        while any(server.detached for server in self._observed):
            if time.monotonic() >= self._deadline:
                return False
            await asyncio.sleep(_WEBSOCKET_LOOK)
        return True
