"""A steady load: clients of several habits that ask without an end while something happens to the server."""

import asyncio
import collections
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from harness.client import LOST, Connection, Exchange, Outcome, exchange
from harness.server import ServerError
from harness.tables import table

LINGER = 2.0
"""Seconds that a kept connection has to bring one last request: the default of `--keep-alive-linger`."""
_AFTER_A_LOSS = 0.02
"""Seconds: a client that is refused must not become the machine's main load."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Habit:
    """How a client uses its connections."""

    name: str
    keeps: bool
    pause: float
    """Seconds between an answer and the next request."""
    path: str = "/"
    is_paced: bool = False
    """Whether a request is begun every `pause` seconds, answered or not the one before; only for new connections."""


NEW = Habit(name="new connections", keeps=False, pause=0.004)
KEPT = Habit(name="kept, busy", keeps=True, pause=0.01)
NEARLY_IDLE = Habit(name="kept, idle for 1 s", keeps=True, pause=1.0)
"""Within the linger: what a stop or a reload must not cut."""
IDLE = Habit(name="kept, idle for 3 s", keeps=True, pause=3.0)
PACED = Habit(name="new, every 2 ms", keeps=False, pause=0.002, is_paced=True)
SLOW = Habit(name="new, 50 ms each", keeps=False, pause=0.004, path="/slow")

STEADY: Mapping[Habit, int] = {NEW: 4, KEPT: 8, NEARLY_IDLE: 8, IDLE: 8, SLOW: 2}
"""Habit and number of clients: light enough that two cores serve it with time to spare."""


class Load:
    """Ask inside the block, from a thread of its own; then read `exchanges`."""

    def __init__(self, port: int, clients: Mapping[Habit, int], *, linger: float = LINGER) -> None:
        self.exchanges: dict[Habit, list[Exchange]] = {habit: [] for habit in clients}
        self._port = port
        self.clients = clients
        self._linger = linger
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._changed = threading.Condition()
        self._answered = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()

    def wait_for_answers(self, count: int, deadline: float = 20.0) -> None:
        """Return when so many more requests have been answered well."""
        with self._changed:
            wanted = self._answered + count
            if not self._changed.wait_for(lambda: self._answered >= wanted, deadline):
                raise ServerError(f"no {count} answers in {deadline:g} s")

    def all(self) -> Iterable[Exchange]:
        for exchanges in self.exchanges.values():
            yield from list(exchanges)

    def lost(self) -> list[Exchange]:
        return [one for one in self.all() if one.is_lost]

    def counts(self) -> dict[Habit, collections.Counter[Outcome]]:
        return {habit: collections.Counter(one.outcome for one in list(many)) for habit, many in self.exchanges.items()}

    # The thread.

    def _run(self) -> None:
        self._loop.run_until_complete(self._all_clients())

    async def _all_clients(self) -> None:
        async with asyncio.TaskGroup() as group:
            for habit, count in self.clients.items():
                for number in range(count):
                    start = self._paced_client if habit.is_paced else self._client
                    group.create_task(start(habit, number / count))

    async def _client(self, habit: Habit, offset: float) -> None:
        connection: Connection | None = None
        await self._pause(offset * habit.pause)
        while not self._stop.is_set():
            if connection is None or connection.is_closed:
                connection = Connection()
            one = await self._exchange(connection, habit)
            if one.outcome is not Outcome.EOF:
                await self._pause(max(habit.pause, _AFTER_A_LOSS) if one.is_lost else habit.pause)
        if connection is not None:
            connection.close()

    async def _paced_client(self, habit: Habit, offset: float) -> None:
        due = time.monotonic() + offset * habit.pause
        async with asyncio.TaskGroup() as group:
            while not self._stop.is_set():
                group.create_task(self._exchange(Connection(), habit))
                # What this loop could not begin in time is left out, not made up for in a burst.
                due = max(due + habit.pause, time.monotonic())
                await self._pause(due - time.monotonic())

    async def _exchange(self, connection: Connection, habit: Habit) -> Exchange:
        one = await exchange(connection, self._port, habit.path, keep=habit.keeps, linger=self._linger)
        with self._changed:
            self.exchanges[habit].append(one)
            self._answered += one.outcome is Outcome.OK
            self._changed.notify_all()
        return one

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return


def describe(lost: Iterable[Exchange], since: float, limit: int = 8) -> str:
    """Say what was lost, one line each: enough to find the cause."""
    lines = [
        f"  {one.outcome.value} at {one.ended_at - since:.3f} s: client port {one.client_port}, connected "
        f"{one.ended_at - one.connected_at:.3f} s before, idle {one.idle:.3f} s, asked "
        f"{one.ended_at - one.began_at:.3f} s before {one.note}"
        for one in lost
    ]
    more = [f"  ... and {len(lines) - limit} more"] if len(lines) > limit else []
    return "\n".join(lines[:limit] + more)


def counts_table(load: Load, outcomes: Sequence[Outcome] = (Outcome.OK, *LOST, Outcome.EOF)) -> str:
    """Return one row for each habit."""
    rows = [
        [habit.name, load.clients[habit], *(count[outcome] for outcome in outcomes)]
        for habit, count in load.counts().items()
    ]
    return table(["clients", "n", *(outcome.value for outcome in outcomes)], rows)
