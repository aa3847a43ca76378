"""Asking an application whether it is ready, before anybody else can ask it anything."""

import asyncio
import logging
import socket

from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream, StreamClosedError

from tornado_cli.http.exchange import OURSELVES
from tornado_cli.logs.events import event

logger = logging.getLogger("tornado_cli.http")
_PAUSE = 0.1
"""Seconds between two questions."""
_PATIENCE = 5.0
"""Seconds to wait for one answer."""


async def until_path_answers(server: HTTPServer, path: str) -> None:
    """Return when `path` answers 2xx; how long to wait is the caller's matter. What it answers else is logged once."""
    told = ""
    while True:
        answer = await _answer_of(server, path)
        if answer.startswith("2"):
            return
        if answer != told:
            told = answer
            message = f"Not ready: {path} answers {answer}; waiting for 2xx."
            event(logger, logging.WARNING, "not_ready", message, path=path, answer=answer)
        await asyncio.sleep(_PAUSE)


async def _answer_of(server: HTTPServer, path: str) -> str:
    """Return the status, or that there was none."""
    # A pair of sockets is a connection that needs no listener, and no TLS.
    theirs, ours = socket.socketpair()
    for end in (theirs, ours):
        end.setblocking(False)
    server.handle_stream(IOStream(theirs), OURSELVES)
    client = IOStream(ours)
    try:
        async with asyncio.timeout(_PATIENCE):
            await client.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            status_line = await client.read_until(b"\r\n", max_bytes=4096)
    except (TimeoutError, StreamClosedError):
        return "nothing"
    finally:
        client.close()
    return status_line.split(b" ", 2)[1].decode("latin-1")
