"""What stands in for an application that does not run: it says so at every path, and gives way to the fix."""

import os
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, TypeAlias

from tornado.web import Application, RequestHandler

from tornado_cli.serve.browser_tools.guards import may_see_details
from tornado_cli.serve.browser_tools.hiding import Hider
from tornado_cli.serve.browser_tools.tools import Tools
from tornado_cli.serve.error_page.answer import answer
from tornado_cli.serve.error_page.details import Details, place_of_stack
from tornado_cli.serve.error_page.page import Shown
from tornado_cli.serve.error_page.state import WITHOUT_DETAILS

Locate: TypeAlias = Callable[[], Awaitable[list[tuple[str, int, str]]]]
_REFRESH = 1
"""Seconds after which a browser looks again that cannot be told."""


class FailurePage(RequestHandler):
    """Answers everything with the page."""

    def initialize(self, page: dict[str, Any], tools: Tools, locate: Locate) -> None:
        self._page = page
        self._tools = tools
        self._locate = locate

    async def prepare(self) -> None:
        page = self._page
        self.set_status(page["status"])
        is_coming = page["status"] == HTTPStatus.SERVICE_UNAVAILABLE
        if is_coming:
            self.set_header("Retry-After", str(_REFRESH))
        shown = Shown(
            what=f"{page['status']} · tcli serve",
            title=page["title"] if is_coming else WITHOUT_DETAILS,
            is_coming=is_coming,
        )
        if may_see_details(self._tools, self.request.connection, self.request.headers):
            details = await self._details_of_start() if is_coming else page.get("details")
            title = Hider(os.environ).text(page["title"])
            shown = shown.but(title=title, hint=page["hint"], details=details)
        answer(self, self._tools, shown, refresh=_REFRESH)

    async def _details_of_start(self) -> Details | None:
        stack = await self._locate()
        return place_of_stack(stack, Hider(os.environ)) if stack else None

    def check_xsrf_cookie(self) -> None:
        """Nothing here changes anything."""


def failure_application(page: dict[str, Any], tools: Tools, locate: Locate) -> Application:
    """Return an application that shows the page at every path; `locate` tells what a start that takes long is at."""
    return Application([(".*", FailurePage, {"page": page, "tools": tools, "locate": locate})])
