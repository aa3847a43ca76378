"""What answers where nothing is."""

from tornado.web import ErrorHandler

from .base import BaseHandler


class NotFoundHandler(BaseHandler, ErrorHandler):
    """Tornado's own answer, with our headers and our page."""
