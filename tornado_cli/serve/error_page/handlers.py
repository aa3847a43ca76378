"""Has exceptions of handlers answered by our page, in applications that have none of their own."""

import logging
from typing import Any

from tornado.web import RequestHandler

from tornado_cli.serve.browser_tools.tools import Tools

logger = logging.getLogger("tornado_cli.serve")
_SERVER_ERROR = 500


def show_exceptions(tools: Tools) -> None:
    """Stand in for what Tornado's handlers answer; a handler that overrides `write_error` keeps its own."""
    tornados = RequestHandler.write_error

    def write_error(handler: RequestHandler, status_code: int, **arguments: Any) -> None:
        # Tornado would show it to everybody, where the application's debug mode is on.
        raised = arguments.pop("exc_info", None)
        if status_code < _SERVER_ERROR or raised is None or not _is_shown(handler, tools, raised[1]):
            tornados(handler, status_code, **arguments)

    RequestHandler.write_error = write_error  # type: ignore[method-assign, assignment]


def _is_shown(handler: RequestHandler, tools: Tools, error: BaseException) -> bool:
    from tornado_cli.serve.error_page.exception import answer_exception

    try:
        answer_exception(handler, tools, error)
    except Exception:
        logger.exception("The error page has failed; this is a mistake in tcli.")
        return False
    return True
