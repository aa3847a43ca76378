"""The first page."""

from tornado.web import RequestHandler


class HelloHandler(RequestHandler):
    def get(self) -> None:
        self.write("Hello from Project Name\n")
