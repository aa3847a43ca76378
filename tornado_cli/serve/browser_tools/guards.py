"""Who may ask for what lies under `/__tcli__/`: decided here for everything that is there."""

import hmac
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from tornado.web import HTTPError, RequestHandler

from tornado_cli.http.hosts.hosts import is_loopback_peer
from tornado_cli.serve.browser_tools.tools import Tools

_FORWARDED = frozenset({"Forwarded", "X-Forwarded-For"})
_OTHER_SITES = frozenset({"cross-site", "same-site"})
# Nothing is loaded but what a page of ours names, nothing is framed, nothing leaves.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": PAGE_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Without any, browsers would send forms of ours with no origin either.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def may_use(tools: Tools, connection: Any, headers: Mapping[str, str]) -> bool:
    """Say whether a request comes from this machine, under one of its names, or `--debug-remote` lets others in.

    What a proxy hands on comes from somewhere else, though the proxy is here.
    """
    if not tools.hosts.allows(headers):
        return False
    return tools.debug_remote or (_FORWARDED.isdisjoint(headers) and is_loopback_peer(connection))


def may_see_details(tools: Tools, connection: Any, headers: Mapping[str, str]) -> bool:
    """Say whether a request may be answered with source, values and tracebacks; other sites' scripts send none."""
    is_ours = "Origin" not in headers or is_same_origin(headers)
    return tools.debug and is_ours and not is_embedded(headers) and may_use(tools, connection, headers)


def is_embedded(headers: Mapping[str, str]) -> bool:
    """Say whether a page of another site asks for something to use in it; a link that leads here is none of that."""
    return headers.get("Sec-Fetch-Site") in _OTHER_SITES and headers.get("Sec-Fetch-Mode") != "navigate"


def is_same_origin(headers: Mapping[str, str]) -> bool:
    """Say whether a page of this very server asks, as browsers tell: no other site, address, name or port."""
    return urlsplit(headers.get("Origin", "")).netloc.lower() == headers.get("Host", "").lower() != ""


class ToolHandler(RequestHandler):
    """Answers for anything under `/__tcli__/`; what is refused is refused before a handler's own code runs."""

    needs_debug = False
    """Whether this shows what only `--debug` shows."""

    def initialize(self, tools: Tools) -> None:
        self.tools = tools

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        for name, value in _HEADERS.items():
            self.set_header(name, value)

    def prepare(self) -> None:
        request = self.request
        if not self.tools.hosts.allows(request.headers):
            raise HTTPError(HTTPStatus.MISDIRECTED_REQUEST)
        if self.needs_debug and not self.tools.debug:
            raise HTTPError(HTTPStatus.NOT_FOUND)
        if not may_use(self.tools, request.connection, request.headers) or is_embedded(request.headers):
            raise HTTPError(HTTPStatus.FORBIDDEN)
        if request.method not in {"GET", "HEAD"} or "Upgrade" in request.headers:
            self.require_own_page()

    def require_own_page(self) -> None:
        """Refuse what was not asked by a page of ours: one has our origin, and knows this run's token."""
        token = self.request.headers.get("X-Tcli-Token") or self.get_argument("token", "")
        is_known = hmac.compare_digest(token.encode(), self.tools.token.encode())
        if not is_known or not is_same_origin(self.request.headers):
            raise HTTPError(HTTPStatus.FORBIDDEN)

    def compute_etag(self) -> None:
        """Have none: nothing of this is kept."""

    def check_xsrf_cookie(self) -> None:
        """Be content with the token: cookies are the application's."""

    def write_error(self, status_code: int, **_: Any) -> None:
        self.set_header("Content-Type", "text/plain; charset=UTF-8")
        self.finish(f"{HTTPStatus(status_code).phrase}.\n")

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        if not isinstance(value, HTTPError):
            super().log_exception(typ, value, tb)
