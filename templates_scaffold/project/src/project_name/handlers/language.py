"""The switch between languages."""

from tornado.web import HTTPError

from ..languages import LANGUAGES
from .base import BaseHandler
from .next_page import next_page


class LanguageHandler(BaseHandler):
    def post(self) -> None:
        code = self.get_body_argument("code")
        if code not in LANGUAGES:
            raise HTTPError(422)
        self.set_cookie(
            "language",
            code,
            expires_days=365,
            httponly=True,
            samesite="Lax",
            secure=self.request.protocol == "https",
        )
        self.redirect(next_page(self, "home"), status=303)
