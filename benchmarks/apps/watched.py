"""The smallest application, which has its own loop watched for a while, and for a while not, in turn, and counts."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import tornado.web

from tornado_cli.app.blocked.watch import LoopWatch
from tornado_cli.http.requests import request_of

THRESHOLD = 0.1
SLICE = 0.2
"""Seconds: so few that what else the machine does seldom comes between two that are compared."""


class Slices:
    """Requests and seconds of CPU of each while, with the watch and without it."""

    def __init__(self) -> None:
        self.requests = 0
        self.done: list[tuple[bool, int, float]] = []

    async def count(self) -> None:
        # With, without, without, with: what changes slowly favours neither.
        while True:
            for is_watched in (True, False, False, True):
                watch = LoopWatch(asyncio.get_running_loop(), THRESHOLD, request_of) if is_watched else None
                requests, cpu = self.requests, time.process_time()
                await asyncio.sleep(SLICE)
                self.done.append((is_watched, self.requests - requests, time.process_time() - cpu))
                if watch is not None:
                    watch.stop()


class Main(tornado.web.RequestHandler):
    def initialize(self, slices: Slices) -> None:
        self.slices = slices

    def get(self) -> None:
        self.slices.requests += 1
        self.write({"message": "hello"})


class Counts(tornado.web.RequestHandler):
    def initialize(self, slices: Slices) -> None:
        self.slices = slices

    def get(self) -> None:
        self.write({"slices": self.slices.done})
        self.slices.done = []


def make_app() -> tornado.web.Application:
    slices = Slices()
    handlers = [("/", Main, {"slices": slices}), ("/slices", Counts, {"slices": slices})]
    return tornado.web.Application(handlers, slices=slices)


@asynccontextmanager
async def lifespan(app: tornado.web.Application) -> AsyncIterator[None]:
    counting = asyncio.create_task(app.settings["slices"].count())
    yield
    counting.cancel()
