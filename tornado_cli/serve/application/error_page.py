"""What stands in for an application that does not run: it says so at every path, and gives way to the fix."""

from http import HTTPStatus
from typing import Any

from tornado.web import Application, RequestHandler

from tornado_cli.serve.browser_tools.failure_answer import answer
from tornado_cli.serve.browser_tools.failure_page import Shown
from tornado_cli.serve.browser_tools.guards import may_see_details
from tornado_cli.serve.browser_tools.tools import WITHOUT_DETAILS, Tools

_REFRESH = 1
"""Seconds after which a browser looks again that cannot be told."""


class FailurePage(RequestHandler):
    """Answers everything with the page."""

    def initialize(self, page: dict[str, Any], tools: Tools) -> None:
        self._page = page
        self._tools = tools

    def prepare(self) -> None:
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
            shown = shown.but(title=page["title"], hint=page["hint"], details=page.get("details"))
        answer(self, self._tools, shown, refresh=_REFRESH)

    def check_xsrf_cookie(self) -> None:
        """Nothing here changes anything."""


def failure_application(page: dict[str, Any], tools: Tools) -> Application:
    """Return an application that shows the page at every path, whatever the method."""
    return Application([(".*", FailurePage, {"page": page, "tools": tools})])
