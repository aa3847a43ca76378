"""The files in `static/`."""

from tornado.web import StaticFileHandler

from .base import BaseHandler


class StaticHandler(BaseHandler, StaticFileHandler):
    # % if auth
    is_told_who_asks = False

    # % endif
    def set_extra_headers(self, path: str) -> None:
        # The address of `static_url` changes with the content, so browsers need never ask again.
        if "v" in self.request.arguments:
            self.set_header("Cache-Control", "public, max-age=31536000, immutable")
