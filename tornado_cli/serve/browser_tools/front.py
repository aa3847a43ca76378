"""Takes requests for `/__tcli__/` before any application sees them."""

from typing import TYPE_CHECKING

from tornado import httputil

from tornado_cli.events import Edited, Message
from tornado_cli.http.exchange import Exchange
from tornado_cli.serve.browser_tools.tools import PREFIX, Tools
from tornado_cli.serve.live_reload.injection import ask_for_the_whole

if TYPE_CHECKING:
    from tornado.web import Application

    from tornado_cli.serve.live_reload.live import Tabs


class ToolsFront:
    """A front (`http.exchange`); the application behind it is made when it is first asked for."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._application: Application | None = None
        self.tabs: Tabs | None = None
        """The open pages; None before the first has come."""

    def __call__(
        self, exchange: Exchange, start_line: httputil.RequestStartLine, headers: httputil.HTTPHeaders
    ) -> httputil.HTTPMessageDelegate | None:
        if self._tools.livereload:
            ask_for_the_whole(headers)
        if not start_line.path.startswith(PREFIX):
            return None
        # What a page of ours asks for is not what happens to the application.
        exchange.is_logged = False
        if self._application is None:
            self._application = self._made()
        return self._application.start_request(None, exchange.connection)

    def _made(self) -> "Application":
        # No start waits for this.
        from tornado_cli.serve.browser_tools.application import tools_application
        from tornado_cli.serve.live_reload.console import ConsoleLog
        from tornado_cli.serve.live_reload.live import Tabs

        self.tabs = Tabs(ConsoleLog() if self._tools.forwards_console else None)
        return tools_application(self._tools, self.tabs)

    def obey(self, order: Message) -> None:
        """Have open pages show what was edited."""
        if self.tabs is not None and isinstance(order, Edited):
            self.tabs.tell({"styles": order.styles} if order.styles else {})

    def drop_tabs(self) -> None:
        """Have open pages connect to the process that serves from now on."""
        if self.tabs is not None:
            self.tabs.drop()
