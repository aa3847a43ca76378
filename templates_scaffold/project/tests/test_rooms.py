"""Rooms as browsers see them: the page and its WebSocket."""

import asyncio
import json
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.testing import gen_test
from tornado.websocket import WebSocketClientConnection, websocket_connect

from project_name.rooms.outbox import LONGEST_QUEUE, Outbox

from .support import AppCase


async def told(socket: WebSocketClientConnection, kind: str) -> dict[str, Any]:
    """What the server tells next of that kind."""
    while True:
        message = await socket.read_message()
        assert message is not None, f"closed with {socket.close_code}"
        content: dict[str, Any] = json.loads(message)
        if content["type"] == kind:
            return content


async def say(socket: WebSocketClientConnection, text: str) -> None:
    await socket.write_message(json.dumps({"type": "say", "text": text}))


class RoomsTest(AppCase):
    async def enter(
        self, name: str, room: str = "lobby", **headers: str
    ) -> WebSocketClientConnection:
        # % if auth
        url = self.get_url(f"/rooms/{room}/socket").replace("http", "ws")
        request = HTTPRequest(url, headers={"Cookie": self.cookies[name], **headers})
        # % else
        # %| url = self.get_url(f"/rooms/{room}/socket?name={name}").replace("http", "ws")
        # %| request = HTTPRequest(url, headers=headers)
        # % endif
        socket = await websocket_connect(request)
        self.sockets.append(socket)
        return socket

    def setUp(self) -> None:
        super().setUp()
        self.sockets: list[WebSocketClientConnection] = []
        # % if auth
        self.cookies = {name: self.log_in(name) for name in ("Ada", "Bob", "Eve")}
        # % endif

    def tearDown(self) -> None:
        for socket in self.sockets:
            socket.close()
        super().tearDown()

    def test_the_page_brings_its_script(self) -> None:
        # % if auth
        response = self.fetch("/rooms/lobby", headers={"Cookie": self.cookies["Ada"]})
        # % else
        # %| response = self.fetch("/rooms/lobby")
        # % endif
        assert response.code == 200
        assert b'data-socket="/rooms/lobby/socket"' in response.body
        assert self.fetch("/rooms/<b>").code == 404

    # % if auth
    @gen_test
    async def test_who_is_not_logged_in_cannot_enter(self) -> None:
        with pytest.raises(HTTPClientError) as refused:
            await self.enter("Ada", Cookie="session=forged")
        assert refused.value.code == 401

    @gen_test
    async def test_whoever_logged_out_says_nothing_more(self) -> None:
        ada = await self.enter("Ada")
        answer = await self.http_client.fetch(
            self.get_url("/logout/everywhere"),
            method="POST",
            body="",
            headers={"Cookie": self.cookies["Ada"]},
            follow_redirects=False,
            raise_error=False,
        )
        assert answer.code == 303
        await say(ada, "still here")
        while await ada.read_message() is not None:
            pass
        assert ada.close_code == 1008
        bob = await self.enter("Bob")
        assert (await told(bob, "lines"))["lines"] == []

    # % endif
    @gen_test
    async def test_what_one_says_all_hear(self) -> None:
        ada = await self.enter("Ada")
        assert (await told(ada, "people"))["names"] == ["Ada"]
        bob = await self.enter("Bob")
        assert (await told(ada, "people"))["names"] == ["Ada", "Bob"]
        await say(bob, " Hello <b>! ")
        [line] = (await told(ada, "lines"))["lines"] or (await told(ada, "lines"))["lines"]
        assert (line["name"], line["text"]) == ("Bob", "Hello <b>!")
        bob.close()
        assert (await told(ada, "people"))["names"] == ["Ada"]
        eve = await self.enter("Eve")
        assert (await told(eve, "lines"))["lines"] == [line]

    @gen_test
    async def test_rooms_are_apart(self) -> None:
        ada, bob = await self.enter("Ada", "one"), await self.enter("Bob", "two")
        await say(ada, "secret")
        await say(bob, "done")
        assert (await told(bob, "lines"))["lines"] == []
        assert [line["text"] for line in (await told(bob, "lines"))["lines"]] == ["done"]

    @gen_test
    async def test_pages_of_other_sites_cannot_connect(self) -> None:
        with pytest.raises(HTTPClientError) as refused:
            await self.enter("Eve", Origin="https://elsewhere.example")
        assert refused.value.code == 403
        await self.enter("Ada", Origin=self.get_url(""))

    @gen_test
    async def test_what_is_no_message_is_refused(self) -> None:
        ada = await self.enter("Ada")
        for unfit in ("{", '{"type": "say", "text": " "}', '{"type": "other"}', "[]"):
            await ada.write_message(unfit)
            assert "1 to 500" in (await told(ada, "refused"))["reason"]
        await ada.write_message(b"\xff", binary=True)
        assert "1 to 500" in (await told(ada, "refused"))["reason"]

    # % if i18n
    @gen_test
    async def test_what_is_refused_is_refused_in_the_language_of_the_page(self) -> None:
        ada = await self.enter("Ada", **{"Accept-Language": "de"})
        await ada.write_message("{")
        assert "1 bis 500 Zeichen" in (await told(ada, "refused"))["reason"]

    # % endif
    @gen_test
    async def test_who_sends_too_much_is_stopped(self) -> None:
        ada = await self.enter("Ada")
        for _ in range(11):
            await say(ada, "again")
        assert "too fast" in (await told(ada, "refused"))["reason"]
        await ada.write_message("x" * 10_000)
        while await ada.read_message() is not None:
            pass
        assert ada.close_code == 1009


def test_who_does_not_read_is_given_up() -> None:
    async def send(message: str) -> None:
        await asyncio.Event().wait()

    async def fill() -> None:
        given_up = asyncio.Event()
        outbox = Outbox(send, given_up.set)
        for _ in range(LONGEST_QUEUE):
            outbox.put("hello")
        assert not given_up.is_set()
        outbox.put("hello")
        assert given_up.is_set()
        outbox.close()

    asyncio.run(fill())
