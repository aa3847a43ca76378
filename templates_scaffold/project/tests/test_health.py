"""The health checks."""

# % if db
from unittest.mock import AsyncMock, patch

# % endif
from tornado.testing import gen_test

from .support import AppCase


class HealthTest(AppCase):
    async def status_of(self, path: str) -> int:
        response = await self.http_client.fetch(self.get_url(path), raise_error=False)
        return response.code

    @gen_test
    async def test_it_is_ready_between_start_and_stop_only(self) -> None:
        assert await self.status_of("/readyz") == 200
        await self.lifespan.__aexit__(None, None, None)
        assert await self.status_of("/readyz") == 503

    # % if db
    @gen_test
    async def test_it_is_not_ready_while_the_database_is_away(self) -> None:
        away = AsyncMock(side_effect=OSError("It is away."))
        with patch.dict(self._app.settings["checks"], database=away):
            assert await self.status_of("/readyz") == 503
        assert await self.status_of("/readyz") == 200

    # % endif
    @gen_test
    async def test_it_is_alive_in_any_case(self) -> None:
        assert await self.status_of("/livez") == 200
