"""The WSGI application inside this one."""

import asyncio
import threading
from collections.abc import Iterator
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from tornado.testing import gen_test

from project_name import wsgi

from .support import AppCase


class Parts:
    """An answer in parts, the last of which fails; it has to be closed."""

    is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield b"half"
        raise OSError("no more")

    def close(self) -> None:
        self.is_closed = True


class WsgiTest(AppCase):
    def test_it_has_paths_of_its_own(self) -> None:
        for path in ("/wsgi", "/wsgi/"):
            assert self.fetch(path).body == b"Hello from WSGI at /\n"
        assert self.fetch("/wsgi/a/b").body == b"Hello from WSGI at /a/b\n"
        assert self.fetch("/wsgi-or-not").code == 404

    def test_what_fails_is_answered(self) -> None:
        parts = Parts()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(wsgi, "hello", lambda environ, start_response: parts)
            response = self.fetch("/wsgi/")
        assert response.code == 500
        assert b"half" not in response.body
        assert parts.is_closed

    def test_other_sites_cannot_post_to_it(self) -> None:
        response = self.fetch(
            "/wsgi/", method="POST", body="", headers={"Origin": "https://elsewhere.example"}
        )
        assert response.code == 403

    @gen_test
    async def test_while_it_works_others_are_answered(self) -> None:
        may_go_on = threading.Event()

        def slow(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
            may_go_on.wait(5)
            start_response("200 OK", [])
            return [b"done"]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(wsgi, "hello", slow)
            waiting = asyncio.ensure_future(self.http_client.fetch(self.get_url("/wsgi/")))
            assert (await self.http_client.fetch(self.get_url("/livez"))).code == 200
            assert not waiting.done()
            may_go_on.set()
            assert (await waiting).body == b"done"
