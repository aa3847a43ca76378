"""What pages of `tcli serve` know, and their WebSocket as a page opens it."""

import json
import re
from dataclasses import dataclass
from typing import Any

from support.connection import Connection
from support.server_process import ServerProcess

_TAG = re.compile(r'<script src="/__tcli__/live\.js" data-build="(?P<build>[^"]+)" data-token="(?P<token>[^"]+)"[^>]*>')
LIVE = "/__tcli__/live"
PAGE = """
from tornado.web import Application, RequestHandler

class Main(RequestHandler):
    def get(self):
        self.write("<!doctype html><html><head></head><body>{says}</body></html>")

def make_app():
    return Application([("/.*", Main)])
"""


@dataclass(frozen=True)
class PageTag:
    """The tag that is added to pages."""

    text: str
    build: str
    token: str


def tag_in(html: str) -> PageTag:
    found = _TAG.search(html)
    assert found is not None, html
    return PageTag(f"{found[0]}</script>", found["build"], found["token"])


def tag_of(server: ServerProcess, path: str = "/") -> PageTag:
    return tag_in(server.get(path, Accept="text/html").text)


def open_live(server: ServerProcess, token: str) -> Connection:
    """Connect as a page does; the caller closes it."""
    connection = server.connect()
    connection.open_websocket(f"{LIVE}?token={token}", Host="localhost", Origin="http://localhost")
    return connection


def news(connection: Connection) -> Any:
    """Return what the page is told next."""
    return json.loads(connection.read_message())
