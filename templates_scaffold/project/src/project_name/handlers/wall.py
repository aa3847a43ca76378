"""The wall: a page that works by itself, and news for it by long polling."""

import asyncio
from dataclasses import asdict

from tornado.web import url

from ..db.users import Role  # % if auth
from ..wall import LONGEST_NOTE, Note, Wall
from .base import BaseHandler

PATIENCE = 20.0


class WallHandler(BaseHandler):
    # % if auth
    needs = Role.MEMBER

    # % endif
    @property
    def wall(self) -> Wall:
        wall: Wall = self.settings["wall"]
        return wall

    def get(self) -> None:
        self.show(error="")

    def post(self) -> None:
        text = self.get_body_argument("text", "")
        if 0 < len(text) <= LONGEST_NOTE:
            self.wall.put(text)
            self.redirect(self.reverse_url("wall"), status=303)
        else:
            self.set_status(422)
            # % if i18n
            error = self.locale.translate("Please write 1 to %d characters.") % LONGEST_NOTE
            # % else
            # %| error = f"Please write 1 to {LONGEST_NOTE} characters."
            # % endif
            self.show(error)

    def show(self, error: str) -> None:
        wall = self.wall
        self.render("wall.html", notes=list(wall.notes), number=wall.number, error=error)


class NewsHandler(BaseHandler):
    """Answers when there is something new, or after a while."""

    needs = Role.MEMBER  # % if auth
    waiting: asyncio.Task[list[Note]] | None = None

    async def get(self, number: str) -> None:
        wall: Wall = self.settings["wall"]
        self.waiting = asyncio.create_task(wall.news(int(number), PATIENCE))
        try:
            notes = await self.waiting
        except asyncio.CancelledError:
            return
        self.finish({"notes": [asdict(note) for note in notes]})

    def on_connection_close(self) -> None:
        """Nobody waits any more."""
        if self.waiting is not None:
            self.waiting.cancel()


ROUTES = [
    url(r"/wall", WallHandler, name="wall"),
    url(r"/wall/after/([0-9]{1,9})", NewsHandler, name="news"),
]
