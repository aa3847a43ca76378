"""Our own small application for what lies under `/__tcli__/`; it comes up at the first request for any of it."""

from pathlib import Path
from typing import Any

from tornado.web import Application, HTTPError

from tornado_cli.serve.browser_tools.guards import ToolHandler
from tornado_cli.serve.browser_tools.tools import PREFIX, Tools
from tornado_cli.serve.live_reload.live import LiveSocket, Tabs

_ASSETS = Path(__file__).parent / "assets"
_KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_LONGEST_MESSAGE = 64 * 1024
"""Bytes that a page may send at once."""


class Asset(ToolHandler):
    """A file of the package, as it lies in `assets`."""

    def get(self, name: str) -> None:
        path = _ASSETS / name
        if path.suffix not in _KINDS or not path.is_file():
            raise HTTPError(404)
        self.set_header("Content-Type", f"{_KINDS[path.suffix]}; charset=UTF-8")
        self.write(path.read_bytes())

    head = get


class Nothing(ToolHandler):
    """Everything else."""

    def prepare(self) -> None:
        super().prepare()
        raise HTTPError(404)


def tools_application(tools: Tools, tabs: Tabs) -> Application:
    """Return the application; each handler takes `tools`."""
    known: dict[str, Any] = {"tools": tools}
    routes: list[Any] = []
    if tools.inspector is not None:
        from tornado_cli.serve.inspector.pages import inspector_routes

        routes = inspector_routes(known)
    return Application(
        [
            (f"{PREFIX}live", LiveSocket, {**known, "tabs": tabs}),
            *routes,
            (f"{PREFIX}([a-z_]+\\.(?:js|css|svg))", Asset, known),
            (".*", Nothing, known),
        ],
        log_function=lambda _: None,
        websocket_max_message_size=_LONGEST_MESSAGE,
    )
