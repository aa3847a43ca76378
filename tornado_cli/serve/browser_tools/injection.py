"""Adds our one script to HTML pages, between the application and what it compresses by."""

import os
from functools import partial

from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.web import Application, OutputTransform

from tornado_cli.serve.browser_tools.guards import may_use
from tornado_cli.serve.browser_tools.tools import PREFIX, Tools

_WHOLE_PAGES = frozenset({"document", "iframe", "frame"})
"""What browsers say that HTML is for, when it is not for a script that fetches it."""
_WITHOUT_PAGE = frozenset({204, 205, 206, 304})
_POLICIES = ("Content-Security-Policy", "Content-Security-Policy-Report-Only")
_VALIDATORS = ("Etag", "Last-Modified")
PAGE_KIND = "X-Tcli-Page"
"""A header by which pages of our own say what they are; it ends here."""
_CONDITIONS = ("If-None-Match", "If-Modified-Since")


def add_script(application: Application, tools: Tools) -> None:
    """Have all HTML pages of an application carry the script."""
    # First: what compresses comes after it.
    application.transforms = [partial(PageScript, tools), *application.transforms]  # type: ignore[list-item]


class PageScript(OutputTransform):
    """One answer. What is no HTML costs two looks at its headers."""

    def __init__(self, tools: Tools, request: HTTPServerRequest) -> None:
        self._tools = tools
        self._request = request
        self._tag = b""
        """What is still to be put in."""
        self._seen = b""
        """Of the page, while it has not really begun."""
        if "text/html" in request.headers.get("Accept", ""):
            # A browser that kept the page from before would be told to use that.
            for name in _CONDITIONS:
                request.headers.pop(name, None)

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        if headers.get("Content-Type", "").startswith("text/html") and self._is_for_a_window(status_code, headers):
            self._tag = self._tag_for(headers)
            headers.pop(PAGE_KIND, None)
            before = len(chunk)
            chunk = self.transform_chunk(chunk, finishing)
            _be_not_kept(headers)
            if self._tag and not finishing:
                headers.pop("Content-Length", None)
            elif "Content-Length" in headers:
                headers["Content-Length"] = str(int(headers["Content-Length"]) + len(chunk) - before)
        return status_code, headers, chunk

    def transform_chunk(self, chunk: bytes, finishing: bool) -> bytes:
        if not self._tag:
            return chunk
        # Only pages pay for it.
        from tornado_cli.serve.browser_tools.beginnings import is_fragment, place_in

        self._seen += chunk
        place = place_in(self._seen)
        if place is not None:
            at = max(0, place - (len(self._seen) - len(chunk)))
            chunk = b"".join((chunk[:at], self._tag, chunk[at:]))
        if place is not None or finishing or is_fragment(self._seen):
            self._tag = self._seen = b""
        return chunk

    def _is_for_a_window(self, status_code: int, headers: HTTPHeaders) -> bool:
        request = self._request
        return (
            status_code not in _WITHOUT_PAGE
            and "Content-Encoding" not in headers
            and not headers.get("Content-Disposition", "").startswith("attachment")
            and request.headers.get("Sec-Fetch-Dest", "document") in _WHOLE_PAGES
            and may_use(self._tools, request.connection, request.headers)
        )

    def _tag_for(self, headers: HTTPHeaders) -> bytes:
        nonce = self._let_in(headers) if any(name in headers for name in _POLICIES) else ""
        return script_tag(self._tools, nonce, self._request.method or "", headers.get(PAGE_KIND, "")).encode()

    def _let_in(self, headers: HTTPHeaders) -> str:
        from tornado_cli.serve.browser_tools.csp import extended

        nonce, fresh = "", os.urandom(9).hex()
        for name in _POLICIES:
            if name in headers:
                policy = extended(headers[name], fresh)
                headers[name] = policy.header
                nonce = nonce or policy.nonce
        return nonce


def script_tag(tools: Tools, nonce: str = "", method: str = "GET", page: str = "") -> str:
    """Return the tag of our script, for a page that was asked for by this method."""
    attributes = [f'src="{PREFIX}live.js"', f'data-build="{tools.build()}"', f'data-token="{tools.token}"']
    attributes += [f'nonce="{nonce}"'] if nonce else []
    # Sent again it might do again what it has done.
    attributes += [] if method in {"GET", "HEAD"} else ['data-method="other"']
    attributes += [f'data-page="{page}"'] if page else []
    # Whoever listens has to be there first.
    attributes += ["data-console"] if tools.forwards_console else ["async"]
    return f"<script {' '.join(attributes)}></script>"


def _be_not_kept(headers: HTTPHeaders) -> None:
    for name in _VALIDATORS:
        headers.pop(name, None)
    headers["Cache-Control"] = "no-store"
