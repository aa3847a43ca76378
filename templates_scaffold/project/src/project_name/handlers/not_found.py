"""What answers where nothing is."""

from tornado.web import HTTPError

from .base import BaseHandler


class NotFoundHandler(BaseHandler):
    async def prepare(self) -> None:
        await super().prepare()  # % if auth
        raise HTTPError(404)
