"""What tests share: the application over real HTTP, between its start and its stop."""

from typing import Any

from tornado.testing import AsyncHTTPTestCase
from tornado.web import Application

from project_name.app import lifespan, make_app
from project_name.settings import Settings

OWN: dict[str, Any] = {
    "debug": False,
    "broker_url": "",  # % if broker
    "webhook_url": None,  # % if worker
    "cookie_secret": "a secret of these tests, and of them alone",  # % if cookies
}


def settings_of(**given: Any) -> Settings:
    """Settings that no environment and no `.env` changes."""
    return Settings(**(OWN | given))


class AppCase(AsyncHTTPTestCase):
    def get_app(self) -> Application:
        return make_app(settings_of())

    def setUp(self) -> None:
        super().setUp()
        self.lifespan = lifespan(self._app)
        self.io_loop.run_sync(self.lifespan.__aenter__)

    def tearDown(self) -> None:
        self.io_loop.run_sync(lambda: self.lifespan.__aexit__(None, None, None))
        super().tearDown()
