"""Rooms of a made project that several processes share, through brokers as they are."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.brokers import RedisServer, rabbitmq
from support.server_process import DEADLINE, ServerProcess
from tornado.websocket import WebSocketClientConnection, websocket_connect

from tornado_cli.scaffold.generate import plan

Message = dict[str, Any]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("made") / "shop"
    plan(target, preset="realtime", given={"auth": "none", "db": "none", "broker": "both"}).write()
    return target


@contextmanager
def two_instances(shop: Path, broker: str) -> Iterator[list[ServerProcess]]:
    """Four workers that know of each other by the broker alone."""
    env = {"PYTHONPATH": "src", "BROKER_URL": broker}
    with ExitStack() as stack:
        servers = [stack.enter_context(ServerProcess("run", "--workers", "2", cwd=shop, env=env)) for _ in range(2)]
        for server in servers:
            server.wait_for_all(2, {"message": "The broker is there."})
        yield servers


class Guest:
    """A window of a browser in the room."""

    def __init__(self, name: str, socket: WebSocketClientConnection) -> None:
        self.name = name
        self._socket = socket
        self.texts: set[str] = set()
        self.people: list[str] = []

    @classmethod
    async def enter(cls, name: str, server: ServerProcess) -> "Guest":
        return cls(name, await websocket_connect(f"ws://127.0.0.1:{server.port}/rooms/lobby/socket?name={name}"))

    async def say(self, text: str) -> None:
        await self._socket.write_message(json.dumps({"type": "say", "text": text}))

    async def hear(self, is_enough: Callable[["Guest"], bool]) -> None:
        async with asyncio.timeout(DEADLINE):
            while not is_enough(self):
                self._take(await self._socket.read_message())

    def _take(self, text: str | bytes | None) -> None:
        assert text is not None, f"{self.name} was disconnected"
        message: Message = json.loads(text)
        self.people = message.get("names", self.people)
        self.texts |= {line["text"] for line in message.get("lines", [])}

    async def leave(self) -> None:
        self._socket.close()
        while await self._socket.read_message() is not None:
            """What is on its way still comes."""


async def fill(servers: list[ServerProcess]) -> list[Guest]:
    """Return guests at every worker who have seen and heard each other."""
    # A worker takes no connection while another holds fewer.
    guests = [await Guest.enter(f"guest-{number}", servers[number % 2]) for number in range(8)]
    names = [guest.name for guest in guests]
    for guest in guests:
        await guest.hear(lambda one: one.people == names)
    await say_and_hear(guests, "hello of ")
    return guests


async def say_and_hear(guests: list[Guest], text: str) -> None:
    for guest in guests:
        await guest.say(text + guest.name)
    for guest in guests:
        await guest.hear(lambda one: {text + other.name for other in guests} <= one.texts)


@pytest.mark.outside("rabbitmq-server")
def test_a_room_is_shared_through_rabbitmq_by_all_workers_of_all_instances(shop: Path, tmp_path: Path) -> None:
    async def talk(servers: list[ServerProcess]) -> None:
        for guest in await fill(servers):
            await guest.leave()

    with rabbitmq(tmp_path) as url, two_instances(shop, url) as servers:
        asyncio.run(talk(servers))
        assert [server.stop() for server in servers] == [0, 0]


@pytest.mark.outside("redis-server")
def test_a_room_is_shared_through_redis_and_what_was_said_while_it_was_away_comes_when_it_is_back(
    shop: Path, tmp_path: Path
) -> None:
    async def talk(servers: list[ServerProcess], redis: RedisServer) -> None:
        guests = await fill(servers)
        await asyncio.to_thread(redis.kill)
        for server in servers:
            await asyncio.to_thread(server.wait_for, level="warning", logger="shop.rooms.relay")
        await guests[0].say("meanwhile")
        await guests[0].hear(lambda one: "meanwhile" in one.texts)
        await asyncio.to_thread(redis.start)
        for guest in guests:
            await guest.hear(lambda one: "meanwhile" in one.texts)
        await say_and_hear(guests, "again ")
        for guest in guests:
            await guest.leave()

    redis = RedisServer(tmp_path)
    redis.start()
    try:
        with two_instances(shop, redis.url) as servers:
            asyncio.run(talk(servers, redis))
            assert [server.stop() for server in servers] == [0, 0]
    finally:
        redis.kill()
