"""Answers of JSON and of HTML, which in turn pass what live reload adds and do not; they are counted."""

import asyncio
import inspect
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import tornado.web

SLICE = 0.1
"""Seconds: so few that what else the machine does seldom comes between two that are compared."""
_ROW = "<tr><td>{number}</td><td>An order of some things</td><td>12.50</td></tr>\n"
PAGE = (
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Orders</title>\n</head>\n'
    "<body>\n<table>\n" + "".join(_ROW.format(number=number) for number in range(60)) + "</table>\n</body>\n</html>\n"
)
"""About as long as a page that a person reads."""


class Slices:
    """Requests and seconds of CPU of each while, with what is added to pages and without it."""

    def __init__(self) -> None:
        self.requests = 0
        self.done: list[tuple[bool, int, float]] = []

    async def count(self) -> None:
        handler = tornado.web.RequestHandler
        changed = {name: getattr(handler, name) for name in ("flush", "compute_etag")}
        plain = {name: inspect.unwrap(method) for name, method in changed.items()}
        # With, without, without, with: what changes slowly favours neither.
        while True:
            for is_added in (True, False, False, True):
                for name, method in (changed if is_added else plain).items():
                    setattr(handler, name, method)
                requests, cpu = self.requests, time.process_time()
                await asyncio.sleep(SLICE)
                self.done.append((is_added, self.requests - requests, time.process_time() - cpu))


class Counting(tornado.web.RequestHandler):
    def initialize(self, slices: Slices) -> None:
        self.slices = slices


class Json(Counting):
    def get(self) -> None:
        self.slices.requests += 1
        self.write({"message": "hello"})


class Html(Counting):
    def get(self) -> None:
        self.slices.requests += 1
        self.write(PAGE)


class Counts(Counting):
    def get(self) -> None:
        self.write({"slices": self.slices.done})
        self.slices.done = []


def make_app() -> tornado.web.Application:
    slices = Slices()
    routes = [("/", Json), ("/html", Html), ("/slices", Counts)]
    return tornado.web.Application([(path, handler, {"slices": slices}) for path, handler in routes], slices=slices)


@asynccontextmanager
async def lifespan(app: tornado.web.Application) -> AsyncIterator[None]:
    # The server adds its own when it has the application, which is a moment after this.
    counting = asyncio.get_running_loop().call_soon(begin_counting, app)
    yield
    counting.cancel()


def begin_counting(app: tornado.web.Application) -> None:
    app.settings["counting"] = asyncio.ensure_future(app.settings["slices"].count())
