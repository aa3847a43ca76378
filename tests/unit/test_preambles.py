"""Connections that wait for their PROXY header: what is read of them, and when that ends."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest

from tornado_cli.http.proxies import preambles
from tornado_cli.http.proxies.preambles import Preambles
from tornado_cli.http.proxies.trust import Trust
from tornado_cli.http.refusals.kinds import Kind
from tornado_cli.http.refusals.refused import Refused
from tornado_cli.http.tally import NoTally

HEADER = b"PROXY TCP4 203.0.113.9 192.0.2.1 4711 443\r\n"
REST = b"PROXY GET / HTTP/1.1\r\n\r\n"


class Noted(Refused):
    """Keeps what it is told."""

    def __init__(self) -> None:
        super().__init__(NoTally())
        self.notes: list[tuple[Kind, str, str]] = []

    def note(self, kind: Kind, client: str, detail: str = "") -> None:
        self.notes.append((kind, client, detail))


class Waiting:
    """One connection at a Unix socket, accepted on the running loop."""

    def __init__(self, trusted: str = "unix") -> None:
        self.served: asyncio.Queue[tuple[socket.socket, Any]] = asyncio.Queue()
        self.ended = asyncio.Event()
        self.refused = Noted()
        self.preambles = Preambles(
            Trust([trusted]), lambda *served: self.served.put_nowait(served), self.ended.set, self.refused
        )
        self.client, self._connection = socket.socketpair()
        self.client.settimeout(20)

    def accept(self) -> None:
        self.preambles.accept(self._connection, "")


def on_a_loop(test: Callable[[], Any]) -> None:
    async def within() -> None:
        async with asyncio.timeout(20):
            await test()

    asyncio.run(within())


@pytest.mark.parametrize("cut", range(len(HEADER) + len(REST)))
def test_not_a_byte_beyond_the_header_is_taken_wherever_it_is_cut(cut: int) -> None:
    async def test() -> None:
        waiting = Waiting()
        waiting.client.send((HEADER + REST)[:cut])
        waiting.accept()
        waiting.client.send((HEADER + REST)[cut:])
        connection, client = await waiting.served.get()
        assert client == ("203.0.113.9", 4711)
        with connection, waiting.client:
            assert connection.recv(1000) == REST
        assert len(waiting.preambles) == 0

    on_a_loop(test)


def test_a_header_that_does_not_come_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preambles, "PATIENCE", 0.01)

    async def test() -> None:
        waiting = Waiting()
        waiting.client.send(HEADER[:9])
        waiting.accept()
        await waiting.ended.wait()
        with waiting.client:
            assert waiting.client.recv(1) == b""
        assert waiting.refused.notes == [(Kind.UNINTRODUCED, "unix", "it has not come in 0.01 s")]

    on_a_loop(test)


def test_who_is_not_trusted_is_not_listened_to() -> None:
    async def test() -> None:
        waiting = Waiting(trusted="127.0.0.1")
        waiting.accept()
        with waiting.client:
            assert waiting.client.recv(1) == b""
        assert [kind for kind, _, _ in waiting.refused.notes] == [Kind.UNINTRODUCED]

    on_a_loop(test)


def test_those_that_wait_can_all_be_dropped() -> None:
    async def test() -> None:
        waiting = Waiting()
        waiting.accept()
        assert len(waiting.preambles) == 1
        waiting.preambles.drop()
        with waiting.client:
            assert waiting.client.recv(1) == b""
        assert len(waiting.preambles) == 0
        assert waiting.refused.notes == []

    on_a_loop(test)
