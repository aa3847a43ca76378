"""What all handlers share: headers, the request's id, errors, messages for the next page."""

import logging
import re
import secrets
import uuid
from functools import cached_property
from http.client import responses
from typing import Any

from tornado import locale  # % if i18n
from tornado.escape import json_encode
from tornado.web import RequestHandler

from .. import metrics  # % if metrics
from ..db.engine import Database  # % if db
from ..db.users import Role  # % if auth
from ..languages import LANGUAGES  # % if i18n
from ..logs import REQUEST_ID
from .json_body import InvalidError  # % if json
from .login import check_access, find_user  # % if auth

# Scripts run by their nonce alone: a file that somebody uploaded is none, wherever it lies.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'nonce-{nonce}'; base-uri 'none'; "
    # % if oauth
    # A login by a provider begins with a form.
    "form-action 'self' {providers}; "
    # % else
    # %| "form-action 'self'; "
    # % endif
    "frame-ancestors 'none'; object-src 'none'"
)
FIT_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
SLOW = 1.0

logger = logging.getLogger(__name__)


class BaseHandler(RequestHandler):
    # % if auth
    needs: Role | None = None
    """Who may ask; None: anybody."""
    is_told_who_asks = True
    """Otherwise nobody is looked up, and the database may be away."""

    # % endif
    async def prepare(self) -> None:
        """Begin an answer: what is logged from now on is about this request."""
        REQUEST_ID.set(self.request_id)
        # % if auth
        if self.is_told_who_asks:
            self.current_user = await find_user(self)
            check_access(self, self.needs)
        # % endif

    # % if db
    @property
    def database(self) -> Database:
        database: Database = self.settings["database"]
        return database

    # % endif
    @cached_property
    def request_id(self) -> str:
        """The id that a proxy gave the request, or a new one."""
        given = self.request.headers.get("X-Request-ID", "")
        return given if FIT_ID.fullmatch(given) else uuid.uuid4().hex

    @cached_property
    def csp_nonce(self) -> str:
        """What each `<script>` of this answer has to carry."""
        return secrets.token_urlsafe(16)

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        # % if oauth
        providers = self.settings["oauth"].origins
        policy = CONTENT_SECURITY_POLICY.format(nonce=self.csp_nonce, providers=providers)
        # % else
        # %| policy = CONTENT_SECURITY_POLICY.format(nonce=self.csp_nonce)
        # % endif
        self.set_header("Content-Security-Policy", policy)
        # It may depend on who asks, or in which language: caches of others do not keep it.
        self.set_header("Cache-Control", "private, no-cache")
        self.set_header("Cross-Origin-Opener-Policy", "same-origin")
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("X-Request-ID", self.request_id)
        if self.request.protocol == "https":
            self.set_header("Strict-Transport-Security", "max-age=31536000")

    def on_finish(self) -> None:
        metrics.note(self)  # % if metrics
        took = self.request.request_time()
        if took > SLOW:
            what = (self.request.method, self.request.path)
            logger.warning("%s %r took %.1f s (%s)", *what, took, self.request_id)

    # % if i18n
    def get_user_locale(self) -> locale.Locale | None:
        """Return the language that was chosen; None: the one that the browser asks for."""
        chosen = self.get_cookie("language", "")
        return locale.get(chosen) if chosen in LANGUAGES else None

    # % endif
    # % if pages
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

    # % endif
    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with a page to browsers and with a problem (RFC 9457) to programs."""
        title = responses.get(status_code, "Unknown error")
        if status_code >= 500 and self.settings.get("serve_traceback"):
            super().write_error(status_code, **kwargs)
        # % if html
        elif "text/html" in self.request.headers.get("Accept", ""):
            self.render("error.html", status=status_code, title=title)
        # % endif
        else:
            self.set_header("Content-Type", "application/problem+json")
            problem = {"status": status_code, "title": title, "request_id": self.request_id}
            # % if json
            _, error, _ = kwargs.get("exc_info", (None, None, None))
            if isinstance(error, InvalidError):
                problem["errors"] = error.errors
            # % endif
            self.finish(json_encode(problem))
