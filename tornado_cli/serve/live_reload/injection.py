"""Adds our one script to HTML pages, between the application and what it compresses by."""

import os
from functools import lru_cache, wraps
from typing import Any

from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.web import Application, OutputTransform, RequestHandler

from tornado_cli.serve.browser_tools.guards import may_use
from tornado_cli.serve.browser_tools.tools import PREFIX, Tools
from tornado_cli.serve.live_reload.beginnings import is_fragment, place_in

_WHOLE_PAGES = frozenset({"document", "iframe", "frame"})
"""What browsers say that HTML is for, when it is not for a script that fetches it."""
_REPEATABLE = frozenset({"GET", "HEAD"})
_WITHOUT_PAGE = frozenset({204, 205, 206, 304})
_POLICIES = ("Content-Security-Policy", "Content-Security-Policy-Report-Only")
_VALIDATORS = ("Etag", "Last-Modified")
PAGE_KIND = "X-Tcli-Page"
"""A header by which pages of our own say what they are; it ends here."""
_SPECIAL = frozenset({"Content-Disposition", "Content-Encoding", "Content-Length", PAGE_KIND, *_POLICIES, *_VALIDATORS})
"""What else of an answer's headers matters: most have little of it, and are asked once instead of for each."""
_CONDITIONS = frozenset({"If-None-Match", "If-Modified-Since"})


class Pages:
    """Has all that is HTML of some applications carry the script; what is no HTML is looked at, and no more.

    A transform that an application has is made and called for each answer, which was 3 % of one that needs none.
    """

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._applications: set[Application] = set()

    def add(self, application: Application) -> None:
        self._applications.add(application)

    def begin(self) -> None:
        """Look at each answer from now on, just before its first bytes."""
        # Tornado's handlers have no public place for this, nor a way to ask for what they will answer.
        flush, compute = RequestHandler.flush, RequestHandler.compute_etag

        @wraps(flush)
        def with_script(handler: RequestHandler, include_footers: bool = False) -> Any:
            begun = handler._write_buffer  # noqa: SLF001 - see above.
            # What `write` makes of a dictionary begins like this, and no page.
            is_json = begun and begun[0][:1] == b"{"
            if not is_json and not handler._headers_written and self._is_page(handler):  # noqa: SLF001 - see above.
                # First: what compresses comes after it.
                ours = PageScript(self._tools, handler.request)
                handler._transforms = [ours, *handler._transforms]  # noqa: SLF001 - see above.
            return flush(handler, include_footers)

        @wraps(compute)
        def compute_etag(handler: RequestHandler) -> str | None:
            begun = handler._write_buffer  # noqa: SLF001 - see above.
            # Most pages begin like this.
            if begun and begun[0][:1] == b"<" and self._is_page(handler):
                # A page gets no ETag: to hash it, and to look who has it, takes longer than all that is added to it.
                handler.check_etag_header = _is_known  # type: ignore[method-assign]
                return None
            return compute(handler)

        RequestHandler.flush = with_script  # type: ignore[method-assign, assignment]
        RequestHandler.compute_etag = compute_etag  # type: ignore[method-assign, assignment]

    def _is_page(self, handler: RequestHandler) -> bool:
        kinds = handler._headers.get_list("Content-Type")  # noqa: SLF001 - see above.
        return bool(kinds) and kinds[0].startswith("text/html") and handler.application in self._applications


def ask_for_the_whole(headers: HTTPHeaders) -> None:
    """Drop the conditions of a request for a page: a browser that kept one from before would be told to use that."""
    if not _CONDITIONS.isdisjoint(headers) and "text/html" in headers.get("Accept", ""):
        for name in _CONDITIONS:
            headers.pop(name, None)


class PageScript(OutputTransform):
    """One answer that is HTML."""

    _tag = b""
    """What is still to be put in."""
    _seen = b""
    """Of the page, while it has not really begun."""

    def __init__(self, tools: Tools, request: HTTPServerRequest) -> None:
        self._tools = tools
        self._request = request

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        special = _SPECIAL.intersection(headers)
        if not self._is_for_a_window(status_code, headers, special):
            return status_code, headers, chunk
        tag = self._tag_for(headers, special)
        for name in _VALIDATORS:
            if name in special:
                del headers[name]
        headers["Cache-Control"] = "no-store"
        if finishing:
            place = place_in(chunk)
            sent = chunk if place is None else b"".join((chunk[:place], tag, chunk[place:]))
        else:
            self._tag = tag
            sent = self.transform_chunk(chunk, finishing)
        if "Content-Length" in special:
            if self._tag:
                # Nobody knows yet whether it will be put in.
                del headers["Content-Length"]
            elif sent is not chunk:
                headers["Content-Length"] = str(int(headers["Content-Length"]) + len(tag))
        return status_code, headers, sent

    def transform_chunk(self, chunk: bytes, finishing: bool) -> bytes:
        if not self._tag:
            return chunk
        self._seen += chunk
        place = place_in(self._seen)
        if place is not None:
            at = max(0, place - (len(self._seen) - len(chunk)))
            chunk = b"".join((chunk[:at], self._tag, chunk[at:]))
        if place is not None or finishing or is_fragment(self._seen):
            self._tag = self._seen = b""
        return chunk

    def _is_for_a_window(self, status_code: int, headers: HTTPHeaders, special: frozenset[str]) -> bool:
        request = self._request
        asked = request.headers
        return (
            status_code not in _WITHOUT_PAGE
            and "Content-Encoding" not in special
            and ("Content-Disposition" not in special or not headers["Content-Disposition"].startswith("attachment"))
            and ("Sec-Fetch-Dest" not in asked or asked["Sec-Fetch-Dest"] in _WHOLE_PAGES)
            and may_use(self._tools, request.connection, asked)
        )

    def _tag_for(self, headers: HTTPHeaders, special: frozenset[str]) -> bytes:
        nonce = "" if special.isdisjoint(_POLICIES) else self._let_in(headers)
        page = headers.pop(PAGE_KIND) if PAGE_KIND in special else ""
        tools = self._tools
        # Sent again it might do again what it has done.
        is_sent = self._request.method not in _REPEATABLE
        return script_tag(tools.build(), tools.token, nonce, page, is_sent=is_sent, listens=tools.forwards_console)

    def _let_in(self, headers: HTTPHeaders) -> str:
        from tornado_cli.serve.live_reload.csp import extended

        nonce, fresh = "", os.urandom(9).hex()
        for name in _POLICIES:
            if name in headers:
                policy = extended(headers[name], fresh)
                headers[name] = policy.header
                nonce = nonce or policy.nonce
        return nonce


@lru_cache(maxsize=32)
def script_tag(build: str, token: str, nonce: str, page: str, *, is_sent: bool, listens: bool) -> bytes:
    """Return the tag of our script; `page` is what a page of our own is, `is_sent` that its request did something."""
    attributes = [f'src="{PREFIX}live.js"', f'data-build="{build}"', f'data-token="{token}"']
    attributes += [f'nonce="{nonce}"'] if nonce else []
    attributes += ['data-method="other"'] if is_sent else []
    attributes += [f'data-page="{page}"'] if page else []
    # Whoever listens has to be there first.
    attributes += ["data-console"] if listens else ["async"]
    return f"<script {' '.join(attributes)}></script>".encode()


def _is_known() -> bool:
    return False
