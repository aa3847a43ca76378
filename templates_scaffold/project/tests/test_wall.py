"""The wall, and news of it by long polling."""

import asyncio
import json
from unittest.mock import patch
from urllib.parse import urlencode

from tornado.httpclient import HTTPResponse
from tornado.testing import gen_test

from project_name.handlers import wall as handlers
from project_name.wall import MOST_NOTES, Wall

from .support import AppCase


class WallTest(AppCase):
    # % if auth
    def setUp(self) -> None:
        super().setUp()
        self.cookie = self.log_in()

    # % endif
    def see(self, path: str) -> HTTPResponse:
        headers: dict[str, str] = {}
        headers["Cookie"] = self.cookie  # % if auth
        return self.fetch(path, headers=headers)

    def write(self, text: str) -> HTTPResponse:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        headers["Cookie"] = self.cookie  # % if auth
        body = urlencode({"text": text})
        return self.fetch("/wall", method="POST", body=body, headers=headers)

    @property
    def wall(self) -> Wall:
        wall: Wall = self._app.settings["wall"]
        return wall

    def test_a_note_is_shown_as_text(self) -> None:
        page = self.write("<b>hello</b>")
        assert b"<li>&lt;b&gt;hello&lt;/b&gt;</li>" in page.body

    def test_a_note_is_neither_empty_nor_long(self) -> None:
        for text in (" ", "x" * 201):
            assert self.write(text).code == 422
        assert not self.wall.notes

    def test_what_is_there_comes_at_once(self) -> None:
        self.wall.put("one")
        self.wall.put("two")
        news = json.loads(self.see("/wall/after/1").body)
        assert news == {"notes": [{"number": 2, "text": "two"}]}

    # % if auth
    def test_only_members_write_and_read(self) -> None:
        self.cookie = ""
        assert self.write("hello").code == 401
        assert self.see("/wall/after/0").code == 401

    # % endif
    @gen_test
    async def test_who_waits_hears_of_a_note_when_it_comes(self) -> None:
        waiting = asyncio.create_task(self.wall.news(0, patience=30))
        await asyncio.sleep(0)
        self.wall.put("now")
        assert [note.text for note in await waiting] == ["now"]

    def test_a_wait_ends_without_news(self) -> None:
        with patch.object(handlers, "PATIENCE", 0.0):
            assert json.loads(self.see("/wall/after/0").body) == {"notes": []}

    def test_the_wall_does_not_grow_for_ever(self) -> None:
        for number in range(MOST_NOTES + 1):
            self.wall.put(str(number))
        assert [self.wall.notes[0].text, len(self.wall.notes)] == ["1", MOST_NOTES]
