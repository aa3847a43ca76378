"""The health checks."""

from tornado.testing import AsyncHTTPTestCase, gen_test
from tornado.web import Application

from project_name.app import lifespan, make_app

from .support import settings_of


class HealthTest(AsyncHTTPTestCase):
    def get_app(self) -> Application:
        self.app = make_app(settings_of())
        return self.app

    async def status_of(self, path: str) -> int:
        response = await self.http_client.fetch(self.get_url(path), raise_error=False)
        return response.code

    @gen_test
    async def test_it_is_ready_between_start_and_stop_only(self) -> None:
        assert await self.status_of("/readyz") == 503
        async with lifespan(self.app):
            assert await self.status_of("/readyz") == 200
        assert await self.status_of("/readyz") == 503

    @gen_test
    async def test_it_is_alive_in_any_case(self) -> None:
        assert await self.status_of("/livez") == 200
