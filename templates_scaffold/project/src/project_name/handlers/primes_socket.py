"""Is a number a prime? Asked over a WebSocket, answered when it is known."""

from contextlib import suppress
from functools import partial

from pydantic import BaseModel, Field, ValidationError
from tornado.queues import QueueFull
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from ..work.jobs import Jobs
from ..work.primes import LARGEST, is_prime
from ..work.processes import BusyError, Processes
from ..work.webhook import Webhook
from .base import BaseHandler


class Question(BaseModel):
    number: int = Field(ge=0, le=LARGEST)


class PrimesSocket(BaseHandler, WebSocketHandler):
    """Answers one question after the other; the next one waits until the last is answered."""

    def initialize(self) -> None:
        self.jobs: Jobs = self.settings["jobs"]
        self.processes: Processes = self.settings["processes"]
        self.webhook: Webhook = self.settings["webhook"]

    async def on_message(self, message: str | bytes) -> None:
        try:
            number = Question.model_validate_json(message).number
        except ValidationError:
            # % if i18n
            error = self.locale.translate("Please enter a number from 0 to %d.") % LARGEST
            # % else
            # %| error = f"Please enter a number from 0 to {LARGEST}."
            # % endif
            await self.answer(error=error)
            return
        try:
            found = await self.processes.run(is_prime, number)
        except BusyError:
            error = self.locale.translate("There is too much to do now. Please try again later.")
            await self.answer(error=error)
            return
        await self.answer(number=number, is_prime=found)
        with suppress(QueueFull):
            tell = partial(self.webhook.tell, "prime.checked", number=number, is_prime=found)
            self.jobs.put(tell)

    async def answer(self, **facts: object) -> None:
        with suppress(WebSocketClosedError):
            await self.write_message(facts)
