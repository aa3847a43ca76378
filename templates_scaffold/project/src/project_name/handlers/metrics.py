"""What Prometheus asks, with the token that it was given."""

import secrets

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from tornado.ioloop import IOLoop
from tornado.web import HTTPError

from ..metrics import exposition
from .base import BaseHandler


class MetricsHandler(BaseHandler):
    async def get(self) -> None:
        given = self.request.headers.get("Authorization", "")
        wanted = f"Bearer {self.settings['metrics_token'].get_secret_value()}"
        if not secrets.compare_digest(given.encode(), wanted.encode()):
            raise HTTPError(403)
        self.set_header("Content-Type", CONTENT_TYPE_PLAIN_0_0_4)
        self.finish(await IOLoop.current().run_in_executor(None, exposition))
