"""What the limits of `tcli run` cost each request: a server with and one without them, in short turns."""  # noqa: INP001 - a script, in no package.

import argparse
import asyncio
import socket
import time

from harness.intervals import median_interval
from harness.verdict import Promise, conclude, run, say
from tornado.iostream import IOStream
from tornado.web import Application, RequestHandler

from tornado_cli.http.limits.guard import Guard
from tornado_cli.http.limits.request_limits import RequestLimits
from tornado_cli.http.server import ObservedServer
from tornado_cli.http.tally import NoTally

MOST = 2.0
"""Microseconds."""
TURN = 50
"""Requests before it is the other's turn."""
REQUEST = (
    b"GET /items?page=3 HTTP/1.1\r\nHost: localhost:8000\r\n"
    b"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/118.0\r\n"
    b"Accept: text/html,application/xhtml+xml\r\nAccept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, br\r\n"
    b"Connection: keep-alive\r\nCookie: session=abcdefghijklmnopqrstuvwxyz0123456789\r\n\r\n"
)


class Items(RequestHandler):
    def get(self) -> None:
        self.write("items")


class StandIn:
    """What a server needs of a service."""

    tls = introduced_by = None
    hsts = ""
    is_draining = False

    def __init__(self, guard: Guard | None) -> None:
        self.guard = guard
        self.fronts = guard.fronts if guard is not None else ()
        self.tally = NoTally()

    def next_request_id(self) -> str:
        return "request"

    def adopt(self, application: Application) -> None:
        application.settings["log_function"] = lambda _: None

    def exchange_ended(self, _exchange: object) -> None: ...

    def something_ended(self) -> None: ...


def client_of(guard: Guard | None) -> socket.socket:
    """Make a server with one connection; return the client's end."""
    server = ObservedServer(Application([("/items", Items)]), service=StandIn(guard))
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setblocking(False)
    stream = IOStream(theirs)
    server.handle_stream(stream, ("127.0.0.1", 1))
    return ours


async def turn(client: socket.socket) -> float:
    """Return the CPU time of a request, the client's part included, in microseconds."""
    loop = asyncio.get_running_loop()
    began = time.process_time()
    for _ in range(TURN):
        await loop.sock_sendall(client, REQUEST)
        await loop.sock_recv(client, 65536)
    return (time.process_time() - began) / TURN * 1e6


async def measure(turns: int) -> list[tuple[float, float]]:
    plain = client_of(None)
    guarded = client_of(Guard(RequestLimits(), NoTally(), lambda _address, _family: False))
    for client in (plain, guarded) * 5:
        await turn(client)
    pairs: list[tuple[float, float]] = []
    for number in range(turns):
        if number % 2:
            without, with_limits = await turn(plain), await turn(guarded)
        else:
            with_limits, without = await turn(guarded), await turn(plain)
        pairs.append((without, with_limits))
    return pairs


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=500)
    settings = parser.parse_args()
    pairs = asyncio.run(measure(settings.turns))
    without = median_interval([one for one, _ in pairs])
    more = median_interval([with_limits - one for one, with_limits in pairs])
    spread = f"{more.low:.1f} to {more.high:.1f}, {more.confidence:.0%} interval of {len(pairs)} pairs"
    say(f"CPU of a request, its client's included: {without.median:.0f} us without limits; with them {spread} more")
    return conclude(
        [Promise(f"limits cost a request {MOST:g} us at most", more.median <= MOST, f"{more.median:.1f} us")]
    )


if __name__ == "__main__":
    run(main)
