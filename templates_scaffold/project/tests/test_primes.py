"""Prime numbers over a WebSocket, calculated in another process."""

import json
from typing import Any

import pytest
from tornado.testing import gen_test
from tornado.websocket import websocket_connect

from project_name.work import processes
from project_name.work.primes import LARGEST, is_prime

from .support import AppCase


@pytest.mark.parametrize("number", [2, 3, 5, 7, 25013, 2**31 - 1])
def test_primes_are_found(number: int) -> None:
    assert is_prime(number)


@pytest.mark.parametrize("number", [0, 1, 4, 9, 25, 49, 25013 * 25013, LARGEST])
def test_others_are_none(number: int) -> None:
    assert not is_prime(number)


class PrimesTest(AppCase):
    async def answers(self, *questions: str) -> list[Any]:
        socket = await websocket_connect(self.get_url("/primes/socket").replace("http", "ws"))
        try:
            for question in questions:
                await socket.write_message(question)
            return [json.loads(await socket.read_message() or "null") for _ in questions]
        finally:
            socket.close()
            await socket.read_message()

    # % if pages
    def test_the_page_brings_its_script(self) -> None:
        response = self.fetch("/primes")
        assert response.code == 200
        assert b'data-socket="/primes/socket"' in response.body

    # % endif
    @gen_test
    async def test_questions_are_answered_in_their_order(self) -> None:
        assert await self.answers('{"number": 104729}', '{"number": 104730}', "one", "[1]") == [
            {"number": 104729, "is_prime": True},
            {"number": 104730, "is_prime": False},
            {"error": "Please enter a number from 0 to 1000000000000000."},
            {"error": "Please enter a number from 0 to 1000000000000000."},
        ]

    @gen_test
    async def test_when_there_is_too_much_to_do_it_says_so(self) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(processes, "LONGEST_QUEUE", 0)
            [answer] = await self.answers('{"number": 7}')
            assert "too much to do" in answer["error"]
