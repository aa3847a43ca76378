"""The answer to a request whose handler has raised an exception."""

import os

from tornado.web import RequestHandler

from tornado_cli.logs.masking import mask_query
from tornado_cli.serve.browser_tools.guards import may_see_details
from tornado_cli.serve.browser_tools.hiding import Hider
from tornado_cli.serve.browser_tools.tools import Tools
from tornado_cli.serve.error_page.answer import answer
from tornado_cli.serve.error_page.details import details_of
from tornado_cli.serve.error_page.page import Shown
from tornado_cli.serve.error_page.text import title_of

_NOT_SHOWN = ("X-Request-Id", "Sec-")
"""What nobody has sent, and what browsers say of themselves."""


def answer_exception(handler: RequestHandler, tools: Tools, error: BaseException) -> None:
    """Finish the answer; what is secret in the environment and in the request is hidden."""
    request = handler.request
    shown = Shown(
        what=f"{handler.get_status()} · {request.method} {mask_query(request.uri or '')}",
        title="The handler has raised an exception.",
    )
    if may_see_details(tools, request.connection, request.headers):
        headers = {name: value for name, value in request.headers.get_all() if not name.startswith(_NOT_SHOWN)}
        hider = Hider(dict(os.environ), headers)
        details = details_of(error, hider, shows_locals=tools.shows_locals)
        kind = type(handler)
        rows = [("Handled by", f"{kind.__module__}.{kind.__qualname__}")]
        rows += [(name, hider.value(name, value)) for name, value in headers.items()]
        shown = shown.but(title=title_of(details["parts"][0]), details=details, request=rows)
    answer(handler, tools, shown)
