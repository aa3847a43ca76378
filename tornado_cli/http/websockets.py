"""Which handlers are WebSockets: learned from the line that Tornado would log for their handshakes."""

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tornado.web import Application

from tornado_cli.http.exchange import SWITCHING_PROTOCOLS

if TYPE_CHECKING:
    from tornado.websocket import WebSocketHandler


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
        if handler.get_status() == SWITCHING_PROTOCOLS and _is_websocket(handler):
            self._websockets.add(handler)
        if self._theirs is not None:
            self._theirs(handler)


def _is_websocket(handler: Any) -> bool:
    # An application that has any has imported it.
    from tornado.websocket import WebSocketHandler

    return isinstance(handler, WebSocketHandler)
