"""Clients that ask all the time while something happens to the server."""

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from support.connection import Connection


@dataclass(frozen=True)
class Asked:
    """One request on a connection of its own: when it was begun, and what came of it."""

    at: float
    """By the monotonic clock, before connecting."""
    status: int
    text: str
    """The body, or what went wrong."""


class SteadyClients:
    """Ask for `path` again and again, from several threads, inside the block; then read `asked`.

    With a `pause` after each answer a long wait for something else costs less.
    """

    def __init__(
        self,
        port: int | Path,
        path: str = "/",
        *,
        clients: int = 2,
        host: str = "127.0.0.1",
        tls: bool = False,
        pause: float = 0.0,
    ) -> None:
        self.asked: list[Asked] = []
        self._port = port
        self._host = host
        self._path = path
        self._tls = tls
        self._pause = pause
        self._stop = threading.Event()
        self._answered = threading.Semaphore(0)
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(clients)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for_answers(self, count: int) -> None:
        """Return when so many more have come."""
        for _ in range(count):
            assert self._answered.acquire(timeout=20), "the clients get no answers"

    @property
    def failed(self) -> list[Asked]:
        return [one for one in self.asked if one.status != 200]

    def _ask(self) -> None:
        while not self._stop.is_set():
            at = time.monotonic()
            try:
                with Connection(self._port, host=self._host, tls=self._tls) as connection:
                    answer = connection.get(self._path, Connection="close")
                asked = Asked(at, answer.status, answer.text)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a request that failed.
                asked = Asked(at, 0, repr(error))
            self.asked.append(asked)
            self._answered.release()
            self._stop.wait(self._pause)
