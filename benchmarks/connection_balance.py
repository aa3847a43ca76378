"""How evenly connections that stay are shared out among workers: kept ones and WebSockets, at once and one by one."""  # noqa: INP001 - a script, in no package.

import argparse
import asyncio
import collections
from collections.abc import Awaitable, Callable

from harness.client import HOST, Connection, Outcome, exchange
from harness.server import Server, ServerError
from harness.tables import table
from harness.verdict import Promise, conclude, run, say
from tornado.websocket import WebSocketClientConnection, websocket_connect

TOLERANCE = 0.25
"""Of an even share."""
PER_WORKER = 32

Opened = tuple[object, int]
"""A connection, held open for as long as this lives, and the pid of its worker."""
Open = Callable[[int], Awaitable[Opened]]


async def open_kept(port: int) -> Opened:
    connection = Connection()
    one = await exchange(connection, port, "/", keep=True, linger=0.0)
    if one.outcome is not Outcome.OK:
        raise ServerError(f"a connection was not served: {one}")
    return connection, one.named


async def open_websocket(port: int) -> Opened:
    websocket: WebSocketClientConnection = await websocket_connect(f"ws://{HOST}:{port}/ws")
    greeting = await websocket.read_message()
    if greeting is None:
        raise ServerError("a WebSocket was closed at once")
    return websocket, int(greeting)


async def at_once(port: int, opening: Open, count: int) -> list[Opened]:
    return list(await asyncio.gather(*(opening(port) for _ in range(count))))


async def one_by_one(port: int, opening: Open, count: int) -> list[Opened]:
    return [await opening(port) for _ in range(count)]


KINDS: dict[str, Open] = {"kept": open_kept, "WebSocket": open_websocket}
ORDERS = {"at once": at_once, "one by one": one_by_one}


async def close(opened: list[Opened]) -> None:
    for connection, _ in opened:
        assert isinstance(connection, Connection | WebSocketClientConnection)
        connection.close()
    # What is still held counts for the next measurement.
    await asyncio.sleep(0.3)


async def measure(port: int, workers: int, rounds: int) -> list[tuple[str, str, list[int]]]:
    found: list[tuple[str, str, list[int]]] = []
    for _ in range(rounds):
        for kind, opening in KINDS.items():
            for order, opens in ORDERS.items():
                opened = await opens(port, opening, workers * PER_WORKER)
                shares = sorted(collections.Counter(worker for _, worker in opened).values())
                found.append((kind, order, [0] * (workers - len(shares)) + shares))
                await close(opened)
    return found


def deviation(shares: list[int]) -> float:
    """Return how far the worst share is from even, as a part of an even share."""
    even = sum(shares) / len(shares)
    return max(abs(share - even) for share in shares) / even


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, action="append", help="Repeatable; default 2 and 4.")
    parser.add_argument("--loop", choices=("asyncio", "uvloop"), default="asyncio", help="Of the workers.")
    settings = parser.parse_args()
    rows: list[list[object]] = []
    worst = 0.0
    for workers in settings.workers or [2, 4]:
        with Server("apps.answers:make_app", "--loop", settings.loop, workers=workers) as server:
            port = server.wait_until_ready()
            for kind, order, shares in asyncio.run(measure(port, workers, settings.rounds)):
                worst = max(worst, deviation(shares))
                spread = " ".join(map(str, shares))
                rows.append([kind, order, workers, sum(shares), spread, f"{deviation(shares):.0%}"])
    rows.sort(key=lambda row: list(map(str, row[:3])))
    say(table(["connections", "opened", "workers", "n", "of each worker", "worst from even"], rows))
    found = f"worst {worst:.0%}"
    return conclude([Promise(f"connections are within {TOLERANCE:.0%} of even", worst <= TOLERANCE, found)])


if __name__ == "__main__":
    run(main)
