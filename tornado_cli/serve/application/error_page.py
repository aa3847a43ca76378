"""The plain page that stands in for an application that does not run: it says so, and refreshes itself."""

import html
from http import HTTPStatus
from typing import Any

from tornado.web import Application, RequestHandler

from tornado_cli.http.hosts import Hosts, is_loopback_peer

_REFRESH = 1
"""Seconds after which a browser looks again: the fix may have been saved."""
_MAIN_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 4rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.4rem; border-left: .35rem solid #d33; padding-left: .8rem; overflow-wrap: anywhere; }
pre { font: .85rem/1.5 ui-monospace, monospace; padding: 1rem; overflow-x: auto; border-radius: .5rem;
      background: light-dark(#f4f4f6, #1d1d22); }
p { color: light-dark(#555, #aaa); }
""".strip()


def render_html(page: dict[str, Any], *, shows_source: bool) -> str:
    """Return the page as HTML; every word of the failure is text, none is markup."""
    is_coming = page["status"] == HTTPStatus.SERVICE_UNAVAILABLE
    title = html.escape(page["title"]) if shows_source or is_coming else "The application does not run."
    parts = [f"<h1>{title}</h1>"]
    if shows_source and page["traceback"]:
        parts.append(f"<pre>{html.escape(page['traceback'])}</pre>")
    if shows_source and page["hint"]:
        parts.append(f"<p>{html.escape(page['hint'])}</p>")
    if not shows_source and not is_coming:
        parts.append("<p>The terminal of <code>tcli serve</code> shows why.</p>")
    parts.append(f"<p>This page refreshes itself when {'it has started' if is_coming else 'the fix is saved'}.</p>")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width">'
        f"<style>{_MAIN_STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def render_text(page: dict[str, Any], *, shows_source: bool) -> str:
    """Return the page for clients that do not ask for HTML."""
    if not shows_source and page["status"] != HTTPStatus.SERVICE_UNAVAILABLE:
        return "The application does not run. The terminal of `tcli serve` shows why.\n"
    return "\n".join(part for part in (page["title"], page["traceback"], page["hint"]) if part) + "\n"


class FailurePage(RequestHandler):
    """Answers everything with the page."""

    def initialize(self, page: dict[str, Any], debug: bool, hosts: Hosts) -> None:
        self._page = page
        self._debug = debug
        self._hosts = hosts

    def prepare(self) -> None:
        is_at_home = is_loopback_peer(self.request.connection) and self._hosts.allows(self.request.headers)
        shows_source = self._debug and is_at_home
        status = HTTPStatus(self._page["status"])
        self.set_status(status)
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
        self.set_header("X-Content-Type-Options", "nosniff")
        if status is HTTPStatus.SERVICE_UNAVAILABLE:
            self.set_header("Retry-After", str(_REFRESH))
        if "text/html" in self.request.headers.get("Accept", ""):
            self.set_header("Refresh", str(_REFRESH))
            self.finish(render_html(self._page, shows_source=shows_source))
        else:
            self.set_header("Content-Type", "text/plain; charset=UTF-8")
            self.finish(render_text(self._page, shows_source=shows_source))

    def check_xsrf_cookie(self) -> None:
        """Nothing here changes anything."""


def failure_application(page: dict[str, Any], *, debug: bool, hosts: Hosts) -> Application:
    """Return an application that shows the page at every path, whatever the method; the source only by these hosts."""
    return Application([(".*", FailurePage, {"page": page, "debug": debug, "hosts": hosts})])
