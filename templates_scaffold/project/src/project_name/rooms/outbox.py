"""What waits to be sent to one browser."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from tornado.websocket import WebSocketClosedError

LONGEST_QUEUE = 64


class Outbox:
    """Sends one message after the other; who does not read them is given up."""

    def __init__(self, send: Callable[[str], Awaitable[None]], give_up: Callable[[], None]) -> None:
        self.send = send
        self.give_up = give_up
        self.queue: asyncio.Queue[str] = asyncio.Queue(LONGEST_QUEUE)
        self.sending = asyncio.create_task(self.run())

    def put(self, message: str) -> None:
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            self.give_up()

    async def run(self) -> None:
        with suppress(WebSocketClosedError):
            while True:
                await self.send(await self.queue.get())

    def close(self) -> None:
        self.sending.cancel()
