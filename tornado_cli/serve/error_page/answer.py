"""Answering with a failure, in the way that the client wants it: a page, JSON or plain text."""

import os
from functools import partial
from typing import Any

from tornado.web import RequestHandler

from tornado_cli.serve.browser_tools.editors import editor_link, url_template
from tornado_cli.serve.browser_tools.guards import may_use
from tornado_cli.serve.browser_tools.tools import Tools
from tornado_cli.serve.error_page.page import Shown, render
from tornado_cli.serve.error_page.text import failure_text, failure_values
from tornado_cli.serve.live_reload.injection import PAGE_KIND

_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_LOOK_AT_THE_TERMINAL = "The terminal of tcli serve shows why."


def answer(handler: RequestHandler, tools: Tools, shown: Shown, *, refresh: int = 0) -> None:
    """Finish the answer; with `refresh`, a page that is not told of changes looks by itself after so many seconds."""
    for name, value in _HEADERS.items():
        handler.set_header(name, value)
    accepted = handler.request.headers.get("Accept", "")
    if "text/html" in accepted:
        _answer_page(handler, tools, shown, refresh)
    elif "json" in accepted:
        handler.set_header("Content-Type", "application/json; charset=UTF-8")
        handler.finish(_values(handler.get_status(), shown))
    else:
        handler.set_header("Content-Type", "text/plain; charset=UTF-8")
        handler.finish(_text(shown))


def _answer_page(handler: RequestHandler, tools: Tools, shown: Shown, refresh: int) -> None:
    nonce = os.urandom(9).hex()
    is_live = tools.livereload and may_use(tools, handler.request.connection, handler.request.headers)
    if refresh and (shown.is_coming or not is_live):
        handler.set_header("Refresh", str(refresh))
    if is_live:
        handler.set_header(PAGE_KIND, "failure")
        if refresh:
            shown = shown.but(head=f'<noscript><meta http-equiv="refresh" content="{refresh}"></noscript>')
    handler.set_header("Content-Type", "text/html; charset=UTF-8")
    handler.set_header("Content-Security-Policy", policy(nonce))
    is_followed = (is_live or bool(refresh)) and handler.request.method in {"GET", "HEAD"}
    link = partial(editor_link, url_template(tools.editor, os.environ))
    handler.finish(render(_with_advice(shown, is_followed=is_followed), nonce, link))


def policy(nonce: str) -> str:
    """Return the Content-Security-Policy of the page, before our script is let in."""
    return f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def _with_advice(shown: Shown, *, is_followed: bool) -> Shown:
    after = "This page refreshes itself when the fix is saved." if is_followed else "Send it again when it is mended."
    return shown.but(
        hint=shown.hint if shown.details is not None or shown.is_coming else shown.hint or _LOOK_AT_THE_TERMINAL,
        next="This page refreshes itself." if shown.is_coming else after,
    )


def _text(shown: Shown) -> str:
    if shown.details is None:
        more = shown.hint or ("" if shown.is_coming else _LOOK_AT_THE_TERMINAL)
        return f"{shown.title} {more}".strip() + "\n"
    parts = (shown.title, failure_text(shown.details).strip("\n"), shown.hint)
    return "\n\n".join(part for part in parts if part) + "\n"


def _values(status: int, shown: Shown) -> dict[str, Any]:
    more = {} if shown.details is None else failure_values(shown.details)
    hint = {"hint": shown.hint} if shown.hint else {}
    return {"status": status, "title": shown.title, **hint, **more}
