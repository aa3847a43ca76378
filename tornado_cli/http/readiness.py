"""Asking an application whether it is ready, before anybody else can ask it anything."""

import asyncio
import socket

from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream, StreamClosedError

_PAUSE = 0.1
"""Seconds between two questions."""
_PATIENCE = 5.0
"""Seconds to wait for one answer."""


async def until_path_answers(server: HTTPServer, path: str) -> None:
    """Return when `path` answers 2xx; how long to wait is the caller's matter."""
    while not await _is_fine(server, path):  # noqa: ASYNC110 - what it waits for happens inside the application.
        await asyncio.sleep(_PAUSE)


async def _is_fine(server: HTTPServer, path: str) -> bool:
    # A pair of sockets is a connection that needs no listener, and no TLS.
    theirs, ours = socket.socketpair()
    for end in (theirs, ours):
        end.setblocking(False)
    server.handle_stream(IOStream(theirs), ("127.0.0.1", 0))
    client = IOStream(ours)
    try:
        async with asyncio.timeout(_PATIENCE):
            await client.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            status_line = await client.read_until(b"\r\n", max_bytes=4096)
    except (TimeoutError, StreamClosedError):
        return False
    finally:
        client.close()
    return status_line.split(b" ", 2)[1].startswith(b"2")
