"""The WebSocket by which open pages learn what is served now, and the pages that are connected."""

import contextlib
from collections.abc import Mapping
from typing import Any

from tornado.websocket import WebSocketClosedError, WebSocketHandler

from tornado_cli.serve.browser_tools.guards import ToolHandler, may_see_details
from tornado_cli.serve.browser_tools.tools import Tools
from tornado_cli.serve.live_reload.console import ConsoleLog


class LiveSocket(ToolHandler, WebSocketHandler):
    """One open page. It hears at once what is served, and again whenever that changes."""

    def initialize(self, tools: Tools, tabs: "Tabs") -> None:  # type: ignore[override]
        super().initialize(tools)
        self._tabs = tabs

    def check_origin(self, origin: str) -> bool:
        """Leave it to `prepare`, which has asked for more."""
        return bool(origin)

    def open(self, *_: str, **__: str) -> None:
        self.set_nodelay(True)
        self._tabs.add(self)
        self.tell({})

    def tell(self, news: Mapping[str, Any]) -> None:
        state = self.tools.state()
        if not may_see_details(self.tools, self.request.connection, self.request.headers):
            state.pop("details", None)
        with contextlib.suppress(WebSocketClosedError):
            self.write_message({**state, "build": self.tools.build(), **news})

    def on_message(self, message: str | bytes) -> None:
        self._tabs.take(message)

    def on_close(self) -> None:
        self._tabs.discard(self)

    def drop(self) -> None:
        """End the connection at once; the page connects again, to whoever serves by then."""
        if self.ws_connection is not None and self.ws_connection.stream is not None:
            self.ws_connection.stream.close()


class Tabs:
    """The open pages that are connected to this process."""

    def __init__(self, console: ConsoleLog | None) -> None:
        self._sockets: set[LiveSocket] = set()
        self._console = console

    def add(self, socket: LiveSocket) -> None:
        self._sockets.add(socket)

    def discard(self, socket: LiveSocket) -> None:
        self._sockets.discard(socket)

    def tell(self, news: Mapping[str, Any]) -> None:
        for socket in list(self._sockets):
            socket.tell(news)

    def take(self, message: str | bytes) -> None:
        """Take what a page has to say: complaints of its console, when they are wanted."""
        if self._console is not None:
            self._console.take(message)

    def drop(self) -> None:
        for socket in list(self._sockets):
            socket.drop()
