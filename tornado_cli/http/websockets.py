"""Which handlers are WebSockets: learned from the line that Tornado would log for their handshakes."""

import weakref
from collections.abc import Callable
from typing import Any

from tornado.web import Application
from tornado.websocket import WebSocketHandler

from tornado_cli.http.exchange import SWITCHING_PROTOCOLS


class WebSockets:
    """The WebSockets of a process, for as long as anybody else knows them."""

    def __init__(self) -> None:
        self.handlers: weakref.WeakSet[WebSocketHandler] = weakref.WeakSet()

    def learn_from(self, application: Application) -> None:
        """Learn of those of this application, in whose stead nothing is logged for requests but what it wants."""
        theirs = application.settings.get("log_function")
        if not isinstance(theirs, _RequestLog):
            application.settings["log_function"] = _RequestLog(self.handlers, theirs)


class _RequestLog:
    """Stands in for Tornado's own line for each request."""

    def __init__(self, websockets: "weakref.WeakSet[WebSocketHandler]", theirs: Callable[[Any], None] | None) -> None:
        self._websockets = websockets
        self._theirs = theirs

    def __call__(self, handler: Any) -> None:
        if handler.get_status() == SWITCHING_PROTOCOLS and isinstance(handler, WebSocketHandler):
            self._websockets.add(handler)
        if self._theirs is not None:
            self._theirs(handler)
