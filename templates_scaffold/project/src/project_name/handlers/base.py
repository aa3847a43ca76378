"""What all handlers share: headers, the request's id, error pages, messages for the next page."""

import re
import uuid
from functools import cached_property
from http.client import responses
from typing import Any

from tornado.escape import json_encode
from tornado.web import RequestHandler

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'; object-src 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class BaseHandler(RequestHandler):
    @cached_property
    def request_id(self) -> str:
        """The id that a proxy gave the request, or a new one."""
        given = self.request.headers.get("X-Request-ID", "")
        return given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        for name, value in SECURITY_HEADERS.items():
            self.set_header(name, value)
        self.set_header("X-Request-ID", self.request_id)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with a page to browsers and with a problem (RFC 9457) to programs."""
        title = responses.get(status_code, "Unknown error")
        if status_code >= 500 and self.settings.get("serve_traceback"):
            super().write_error(status_code, **kwargs)
        elif "text/html" in self.request.headers.get("Accept", ""):
            self.render("error.html", status=status_code, title=title)
        else:
            self.set_header("Content-Type", "application/problem+json")
            problem = {"status": status_code, "title": title, "request_id": self.request_id}
            self.finish(json_encode(problem))

    def flash(self, message: str) -> None:
        """Leave a message that the next page shows."""
        self.set_signed_cookie(
            "flash",
            message,
            expires_days=None,
            httponly=True,
            samesite="Lax",
            secure=self.request.protocol == "https",
        )

    def take_flash(self) -> str:
        """Return the message that was left for this page, once."""
        message = self.get_signed_cookie("flash", max_age_days=1)
        if message is None:
            return ""
        self.clear_cookie("flash")
        return message.decode()
