"""Rooms of a made project that several processes share, through brokers and with a database as they are."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from support.brokers import RedisServer, rabbitmq
from support.databases import postgresql
from support.full_project import make_full, served
from support.server_process import DEADLINE, ServerProcess
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

pytestmark = pytest.mark.outside("pg_ctlcluster", "setpriv")

Message = dict[str, Any]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_full(tmp_path_factory.mktemp("made"), db="postgres", broker="both")


@pytest.fixture(scope="module")
def env(shop: Path) -> Iterator[Mapping[str, str]]:
    """What tells a process of the one database of all, which has its tables."""
    with postgresql() as url:
        env = {"PYTHONPATH": "src", "DATABASE_URL": url}
        command = [sys.executable, "-m", "alembic", "upgrade", "head"]
        subprocess.run(command, cwd=shop, env={**os.environ, **env}, check=True, capture_output=True, timeout=60)
        yield env


@contextmanager
def two_instances(shop: Path, env: Mapping[str, str], broker: str) -> Iterator[list[ServerProcess]]:
    """Four workers that know of each other by the broker alone."""
    with ExitStack() as stack:
        both = [served(shop, "--workers", "2", env={**env, "BROKER_URL": broker}) for _ in range(2)]
        servers = [stack.enter_context(server) for server in both]
        for server in servers:
            server.wait_for("ready")
            server.wait_for_all(2, {"message": "The broker is there."})
        yield servers


async def sign_up(name: str, server: ServerProcess) -> str:
    """Return the cookie of a session."""
    request = HTTPRequest(
        f"http://127.0.0.1:{server.port}/signup",
        method="POST",
        body=urlencode({"name": name, "password": "correct horse battery"}),
        follow_redirects=False,
    )
    answer = await AsyncHTTPClient().fetch(request, raise_error=False)
    assert answer.code == 303, answer.body
    cookies = answer.headers.get_list("Set-Cookie")
    return next(one.partition(";")[0] for one in cookies if one.startswith("session="))


class Guest:
    """A window of a browser in the room."""

    def __init__(self, name: str, socket: WebSocketClientConnection) -> None:
        self.name = name
        self._socket = socket
        self.texts: set[str] = set()
        self.people: list[str] = []

    @classmethod
    async def enter(cls, name: str, server: ServerProcess, *, known_at: ServerProcess) -> "Guest":
        cookie = await sign_up(name, known_at)
        url = f"ws://127.0.0.1:{server.port}/rooms/lobby/socket"
        return cls(name, await websocket_connect(HTTPRequest(url, headers={"Cookie": cookie})))

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


async def fill(servers: list[ServerProcess], kind: str) -> list[Guest]:
    """Return guests at every worker who have seen and heard each other."""
    # A worker takes no connection while another holds fewer.
    places = [(f"{kind}-{number}", servers[number % 2], servers[number // 2 % 2]) for number in range(8)]
    guests = [await Guest.enter(name, server, known_at=other) for name, server, other in places]
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


@pytest.mark.thorough
@pytest.mark.outside("rabbitmq-server")
def test_a_room_is_shared_through_rabbitmq_by_all_workers_of_all_instances(
    shop: Path, env: Mapping[str, str], tmp_path: Path
) -> None:
    async def talk(servers: list[ServerProcess]) -> None:
        for guest in await fill(servers, "rabbit"):
            await guest.leave()

    with rabbitmq(tmp_path) as url, two_instances(shop, env, url) as servers:
        asyncio.run(talk(servers))
        assert [server.stop() for server in servers] == [0, 0]


@pytest.mark.thorough
@pytest.mark.outside("redis-server")
def test_a_room_is_shared_through_redis_and_what_was_said_while_it_was_away_comes_when_it_is_back(
    shop: Path, env: Mapping[str, str], tmp_path: Path
) -> None:
    async def talk(servers: list[ServerProcess], redis: RedisServer) -> None:
        guests = await fill(servers, "guest")
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
        with two_instances(shop, env, redis.url) as servers:
            asyncio.run(talk(servers, redis))
            assert [server.stop() for server in servers] == [0, 0]
    finally:
        redis.kill()
