"""Rooms: the page, and the WebSocket behind it."""

from pydantic import ValidationError
from tornado.websocket import WebSocketHandler

from ..db.users import Role  # % if auth
from ..rooms.hub import Hub
from ..rooms.messages import LONGEST_TEXT, Refused, Say
from ..rooms.outbox import Outbox
from ..rooms.rate import TokenBucket
from .base import BaseHandler
from .login import find_user  # % if auth


class RoomHandler(BaseHandler):
    # % if auth
    needs = Role.MEMBER

    # % endif
    def get(self, room: str) -> None:
        self.render("room.html", room=room, longest_text=LONGEST_TEXT)


class RoomSocket(BaseHandler, WebSocketHandler):
    """One window of one browser in a room. Tornado refuses what comes from other sites' pages."""

    needs = Role.MEMBER  # % if auth
    outbox: Outbox | None = None
    """None until it is open: one that was refused is closed, too."""

    def initialize(self) -> None:
        self.hub: Hub = self.settings["hub"]
        self.bucket = TokenBucket(burst=10, per_second=2)

    def open(self, *args: str, **kwargs: str) -> None:
        self.room = args[0]
        # % if auth
        self.name: str = self.current_user.name
        # % else
        # %| words = self.get_query_argument("name", "").split()
        # %| self.name = " ".join(words)[:30] or "Guest"
        # % endif
        self.outbox = Outbox(self.write_message, self.give_up)
        self.hub.enter(self.room, self)

    async def on_message(self, message: str | bytes) -> None:
        # % if auth
        # A session may end while its windows are open.
        if await find_user(self) is None:
            self.close(1008, "logged out")
            return
        # % endif
        if not self.bucket.take():
            self.refuse(self.locale.translate("That was too fast. Wait a moment."))
            return
        try:
            said = Say.model_validate_json(message)
        except ValidationError:
            # % if i18n
            reason = self.locale.translate("A message has 1 to %d characters.") % LONGEST_TEXT
            # % else
            # %| reason = f"A message has 1 to {LONGEST_TEXT} characters."
            # % endif
            self.refuse(reason)
        else:
            self.hub.say(self.room, self, said.text)

    def on_close(self) -> None:
        if self.outbox:
            self.outbox.close()
            self.hub.leave(self.room, self)

    def tell(self, message: str) -> None:
        if self.outbox:
            self.outbox.put(message)

    def refuse(self, reason: str) -> None:
        self.tell(Refused(reason=reason).model_dump_json())

    def give_up(self) -> None:
        self.hub.leave(self.room, self)
        self.close(1013, "too slow")
