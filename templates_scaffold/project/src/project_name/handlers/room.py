"""Rooms: the page, and the WebSocket behind it."""

from pydantic import ValidationError
from tornado.websocket import WebSocketHandler

from ..rooms.hub import Hub
from ..rooms.messages import LONGEST_TEXT, Refused, Say
from ..rooms.outbox import Outbox
from ..rooms.rate import TokenBucket
from .base import BaseHandler

LONGEST_NAME = 30


class RoomHandler(BaseHandler):
    def get(self, room: str) -> None:
        self.render("room.html", room=room, longest_text=LONGEST_TEXT, longest_name=LONGEST_NAME)


class RoomSocket(BaseHandler, WebSocketHandler):
    """One window of one browser in a room. Tornado refuses what comes from other sites' pages."""

    hub: Hub

    def initialize(self) -> None:
        self.hub = self.settings["hub"]
        self.bucket = TokenBucket(burst=10, per_second=2)

    def open(self, *args: str, **kwargs: str) -> None:
        self.room = args[0]
        self.name = chosen_name(self.get_query_argument("name", ""))
        self.outbox = Outbox(self.write_message, self.give_up)
        self.hub.enter(self.room, self)

    def on_message(self, message: str | bytes) -> None:
        if not self.bucket.take():
            self.refuse("That was too fast. Wait a moment.")
            return
        try:
            said = Say.model_validate_json(message)
        except ValidationError:
            self.refuse(f"A message has 1 to {LONGEST_TEXT} characters.")
        else:
            self.hub.say(self.room, self, said.text)

    def on_close(self) -> None:
        self.outbox.close()
        self.hub.leave(self.room, self)

    def tell(self, message: str) -> None:
        self.outbox.put(message)

    def refuse(self, reason: str) -> None:
        self.tell(Refused(reason=reason).model_dump_json())

    def give_up(self) -> None:
        self.hub.leave(self.room, self)
        self.close(1013, "too slow")


def chosen_name(text: str) -> str:
    return " ".join(text.split())[:LONGEST_NAME] or "Guest"
