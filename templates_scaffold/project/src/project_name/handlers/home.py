"""The first page."""

from .base import BaseHandler


class HomeHandler(BaseHandler):
    def get(self) -> None:
        self.render("home.html")
