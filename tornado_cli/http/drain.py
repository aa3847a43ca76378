"""The drain: accept nothing more, finish what runs, within a deadline."""

import asyncio
import time
from collections.abc import Iterable, Sequence

from tornado.httpserver import HTTPServer
from tornado.websocket import WebSocketHandler

from tornado_cli.http.server import ObservedServer

GOING_AWAY = 1001
"""RFC 6455 section 7.4.1."""
_LOOK = 0.02
"""Seconds between looks at what nobody tells: a closing WebSocket, a fresh connection's first request."""


async def drain(
    servers: Sequence[HTTPServer], websockets: Iterable[WebSocketHandler], quiet: asyncio.Event, grace: float
) -> bool:
    """Stop accepting, finish what runs, close what waits. Return whether all was done within `grace` seconds.

    `quiet` is set by the owner whenever something ended.
    """
    deadline = time.monotonic() + grace
    # The accept handlers run once more: a connection already in the queue is not turned away.
    await asyncio.sleep(0)
    for server in servers:
        server.stop()
    # An application may have a server class of its own: nothing is known of its connections.
    observed = [server for server in servers if isinstance(server, ObservedServer)]
    for server in observed:
        server.stop_keeping_alive()
    for handler in list(websockets):
        handler.close(GOING_AWAY, "server stops")
    await _until_nothing_is_fresh(observed, deadline)
    in_time = await _until_quiet(observed, quiet, deadline) and await _until_websockets_closed(observed, deadline)
    for server in observed:
        server.drop_connections()
    return in_time


async def _until_nothing_is_fresh(servers: Sequence[ObservedServer], deadline: float) -> None:
    while any(server.has_fresh for server in servers):
        if time.monotonic() >= deadline:
            return
        await asyncio.sleep(_LOOK)
    for server in servers:
        server.stop_keeping_alive()


async def _until_quiet(servers: Sequence[ObservedServer], quiet: asyncio.Event, deadline: float) -> bool:
    while any(server.busy for server in servers):
        quiet.clear()
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                await quiet.wait()
        except TimeoutError:
            return False
    return True


async def _until_websockets_closed(servers: Sequence[ObservedServer], deadline: float) -> bool:
    while any(server.open_detached for server in servers):
        if time.monotonic() >= deadline:
            return False
        await asyncio.sleep(_LOOK)
    return True
