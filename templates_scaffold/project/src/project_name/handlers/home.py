"""The first page."""

from .base import BaseHandler


class HomeHandler(BaseHandler):
    def get(self) -> None:
        # % if pages
        self.render("home.html")
        # % elif openapi
        # %| self.redirect(self.reverse_url("docs"))
        # % else
        # %| self.finish({"name": "Project Name"})
        # % endif
