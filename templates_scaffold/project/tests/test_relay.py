"""Fan-out through a broker that comes and goes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import fakeredis  # % if by_redis
import pytest
from pydantic import SecretStr  # % if by_redis

from project_name.rooms import redis_link  # % if by_redis
from project_name.rooms import relay as relay_module
from project_name.rooms.brokers import NO_BROKER, fanout_by
from project_name.rooms.fanout import InProcess
from project_name.rooms.messages import Line, Notice, Said
from project_name.rooms.relay import LinkLostError, Relay


class FakeLink:
    def __init__(self, publish: Callable[[bytes], None]) -> None:
        self.publish = publish
        self.queue: asyncio.Queue[bytes] = asyncio.Queue()

    async def send(self, data: bytes) -> None:
        self.publish(data)

    async def received(self) -> AsyncIterator[bytes]:
        while data := await self.queue.get():
            yield data


class Broker:
    """Stands for a server; it can be ended and started."""

    def __init__(self) -> None:
        self.is_up = True
        self.links: list[FakeLink] = []
        self.is_left = asyncio.Event()

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[FakeLink]:
        if not self.is_up:
            raise LinkLostError("refused")
        link = FakeLink(self.publish)
        self.links.append(link)
        try:
            yield link
        finally:
            self.links.remove(link)
            if not self.links:
                self.is_left.set()

    def publish(self, data: bytes) -> None:
        for link in self.links:
            link.queue.put_nowait(data)

    def end(self) -> None:
        self.is_up = False
        self.publish(b"")


class Ear:
    """Hears and keeps; tells when there is something new."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.greetings = 0
        self.came = asyncio.Event()

    def hear(self, notice: Notice) -> None:
        assert isinstance(notice, Said)
        self.texts.append(notice.line.text)
        self.came.set()

    def greet(self) -> None:
        self.greetings += 1
        self.came.set()

    async def wait_for(self, texts: list[str], greetings: int) -> None:
        async with asyncio.timeout(5):
            while (self.texts, self.greetings) != (texts, greetings):
                self.came.clear()
                await self.came.wait()


def said(text: str) -> Said:
    return Said(room="lobby", line=Line(id=text, name="Ada", text=text, at=0))


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "SHORTEST_WAIT", 0.001)


def test_each_failure_makes_the_wait_longer_up_to_a_limit() -> None:
    waits = [relay_module.wait_after(failures) for failures in (0, 2, 4, 1000)]
    assert waits == sorted(waits)
    assert relay_module.LONGEST_WAIT / 2 <= waits[-1] <= relay_module.LONGEST_WAIT


def test_it_connects_again_and_tells_so_each_time() -> None:
    async def talk() -> None:
        broker = Broker()
        one, two = Relay(broker.connect), Relay(broker.connect)
        ada, bob = Ear(), Ear()
        async with one.running(ada), two.running(bob):
            await ada.wait_for([], 1)
            await bob.wait_for([], 1)
            one.publish(said("before"))
            await bob.wait_for(["before"], 1)
            # Its own comes back to it, too: whoever hears it knows by the id.
            await ada.wait_for(["before", "before"], 1)
            broker.end()
            await broker.is_left.wait()
            one.publish(said("meanwhile"))
            await ada.wait_for(["before", "before", "meanwhile"], 1)
            broker.is_up = True
            await ada.wait_for(["before", "before", "meanwhile"], 2)
            await bob.wait_for(["before"], 2)
            two.publish(said("after"))
            await ada.wait_for(["before", "before", "meanwhile", "after"], 2)

    asyncio.run(talk())


def test_a_fault_of_ours_is_told_and_is_not_the_end(caplog: pytest.LogCaptureFixture) -> None:
    broker = Broker()
    faults = [ValueError("of ours")]

    @asynccontextmanager
    async def connect() -> AsyncIterator[FakeLink]:
        if faults:
            raise faults.pop()
        async with broker.connect() as link:
            yield link

    async def talk() -> None:
        ada = Ear()
        async with Relay(connect).running(ada):
            await ada.wait_for([], 1)

    asyncio.run(talk())
    assert "ValueError: of ours" in caplog.text


def test_what_is_no_message_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    async def talk() -> None:
        broker = Broker()
        one, ada = Relay(broker.connect), Ear()
        async with one.running(ada):
            await ada.wait_for([], 1)
            broker.publish(b"{}")
            broker.publish(said("hello").model_dump_json().encode())
            await ada.wait_for(["hello"], 1)

    asyncio.run(talk())
    assert "no message" in caplog.text


def test_the_last_words_are_sent_before_the_end() -> None:
    async def talk() -> None:
        broker = Broker()
        one, two = Relay(broker.connect), Relay(broker.connect)
        ada, bob = Ear(), Ear()
        async with two.running(bob):
            await bob.wait_for([], 1)
            async with one.running(ada):
                await ada.wait_for([], 1)
                one.publish(said("bye"))
            await bob.wait_for(["bye"], 1)

    asyncio.run(talk())


# % if by_redis
def test_redis_carries_what_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_link, "Redis", fakeredis.FakeAsyncRedis)

    async def talk() -> None:
        one, two = (fanout_by(SecretStr("redis://fake")) for _ in range(2))
        ada, bob = Ear(), Ear()
        async with one.running(ada), two.running(bob):
            await ada.wait_for([], 1)
            await bob.wait_for([], 1)
            one.publish(said("hello"))
            await bob.wait_for(["hello"], 1)

    asyncio.run(talk())


# % endif
def test_without_an_address_each_process_is_alone() -> None:
    assert isinstance(fanout_by(NO_BROKER), InProcess)
