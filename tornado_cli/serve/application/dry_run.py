"""One request through an application of no use, ahead: a forked process owns afterwards the memory that a start writes.

What a fork shares is copied page by page when it is first written to, even if only a reference is counted there. In a
process that waits this costs nobody anything; at a start it would be a fifth of the time to the first answer.
"""

import asyncio
import socket

from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream
from tornado.web import Application, RequestHandler

_REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


class _Nothing(RequestHandler):
    def get(self) -> None:
        self.write("")


def dry_run() -> None:
    """Answer the request, on a loop that is gone afterwards."""
    # Made by a factory it is never the current one, which a script would find.
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(_answer())


async def _answer() -> None:
    ours, theirs = socket.socketpair()
    application = Application([("/", _Nothing)], log_function=lambda _: None)
    server = HTTPServer(application)
    server.handle_stream(IOStream(ours), ("127.0.0.1", 0))
    client = IOStream(theirs)
    await client.write(_REQUEST)
    await client.read_until_close()
    server.stop()
    await server.close_all_connections()
