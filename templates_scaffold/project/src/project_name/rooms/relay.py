"""Fan-out through a broker: one connection to it, and another whenever that breaks."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Protocol

from pydantic import ValidationError

from .fanout import Listener
from .messages import NOTICE, Notice

LONGEST_QUEUE = 1000
# Seconds.
SHORTEST_WAIT = 0.2
LONGEST_WAIT = 15.0
LONGEST_GOODBYE = 1.0

logger = logging.getLogger(__name__)


class LinkLostError(Exception):
    """There is no connection to the broker, or no longer."""


class Link(Protocol):
    """A connection to a broker while it lasts."""

    async def send(self, data: bytes) -> None: ...

    def received(self) -> AsyncIterator[bytes]: ...


class Relay:
    def __init__(self, connect: Callable[[], AbstractAsyncContextManager[Link]]) -> None:
        self.connect = connect
        self.waiting: asyncio.Queue[bytes] | None = None
        """What the broker is to get; without a connection there is no use in waiting."""

    def publish(self, notice: Notice) -> None:
        self.listener.hear(notice)
        if self.waiting:
            try:
                self.waiting.put_nowait(notice.model_dump_json().encode())
            except asyncio.QueueFull:
                logger.warning("The broker is too slow: others do not hear a message.")

    @asynccontextmanager
    async def running(self, listener: Listener) -> AsyncIterator[None]:
        self.listener = listener
        relaying = asyncio.create_task(self.relay())
        try:
            yield
        finally:
            if self.waiting:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.waiting.join(), LONGEST_GOODBYE)
            relaying.cancel()
            await asyncio.wait([relaying])

    async def relay(self) -> None:
        failures = 0
        while True:
            try:
                async with self.connect() as link:
                    logger.info("The broker is there.")
                    failures = 0
                    await self.carry(link)
            except LinkLostError as error:
                logger.warning("The broker is away: %s", error)
            except Exception:
                # A fault of ours, and no reason to hear nothing from the others for ever.
                logger.exception("The connection to the broker failed.")
            await asyncio.sleep(wait_after(failures))
            failures += 1

    async def carry(self, link: Link) -> None:
        self.waiting = asyncio.Queue(LONGEST_QUEUE)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.send(link, self.waiting))
                tasks.create_task(self.receive(link))
                self.listener.greet()
        except ExceptionGroup as group:
            raise group.exceptions[0] from None
        finally:
            self.waiting = None

    async def send(self, link: Link, waiting: asyncio.Queue[bytes]) -> None:
        while True:
            await link.send(await waiting.get())
            waiting.task_done()

    async def receive(self, link: Link) -> None:
        async for data in link.received():
            try:
                notice = NOTICE.validate_json(data)
            except ValidationError as error:
                logger.warning("The broker brought what is no message: %s", error)
            else:
                self.listener.hear(notice)
        raise LinkLostError("it ended")


def wait_after(failures: int) -> float:
    """Longer each time, and for each process another time: they do not all come at once."""
    longest = min(LONGEST_WAIT, SHORTEST_WAIT * 2.0**failures)
    return longest * random.uniform(0.5, 1)  # noqa: S311 - guards nothing
