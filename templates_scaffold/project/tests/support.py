"""What tests share: the application over real HTTP, between its start and its stop."""

import os  # % if sql
import tempfile  # % if sql or pages
from pathlib import Path  # % if sql or pages
from typing import Any

from argon2 import PasswordHasher  # % if auth
from tornado import web
from tornado.testing import AsyncHTTPTestCase

from project_name.app import lifespan, make_app
from project_name.db.engine import Database  # % if sql or auth
from project_name.db.sessions import Sessions  # % if auth
from project_name.db.tables import TABLES  # % if sql
from project_name.db.users import Role, Users  # % if auth
from project_name.passwords import Passwords  # % if auth
from project_name.settings import Settings

# % if db == mongo or sessions == redis
# % if db == mongo
# %| from .fake_mongo import use_fake_mongo
# % endif
# % if sessions == redis
# %| from .fake_redis import use_fake_redis
# % endif
# %|
# % endif
OWN: dict[str, Any] = {
    "debug": False,
    "log_format": "text",
    "broker_url": "",  # % if broker
    "metrics_token": "a token of these tests, and of them alone",  # % if metrics
    "webhook_url": None,  # % if worker
    # % if oauth
    "github_client_id": "",
    "github_client_secret": "",
    "google_client_id": "",
    "google_client_secret": "",
    # % endif
    "cookie_secret": "a secret of these tests, and of them alone",  # % if cookies
}


def settings_of(**given: Any) -> Settings:
    """Settings that no environment and no `.env` changes."""
    return Settings(**(OWN | given))


# % if sql
def database_in(folder: Path) -> str:
    """The database of a test: a file of its own, or the one that TEST_DATABASE_URL names."""
    return os.environ.get("TEST_DATABASE_URL", f"sqlite+aiosqlite:///{folder / 'test.sqlite3'}")


async def drop_tables(url: str) -> None:
    database = Database(url)
    async with database.engine.begin() as connection:
        await connection.run_sync(TABLES.drop_all)
    await database.close()


async def make_tables(url: str) -> None:
    await drop_tables(url)
    database = Database(url)
    async with database.engine.begin() as connection:
        await connection.run_sync(TABLES.create_all)
    await database.close()


# % endif
class AppCase(AsyncHTTPTestCase):
    def get_app(self) -> web.Application:
        app = make_app(settings_of(**self.given()))
        # % if auth
        # What is slow on purpose is not what is tested.
        quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        app.settings["passwords"] = Passwords(quick)
        # % endif
        return app

    def given(self) -> dict[str, Any]:
        """Settings of this test alone."""
        # % if sql or pages
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        folder = Path(temporary.name)
        return {
            "database_url": database_in(folder),  # % if sql
            "uploads": folder / "uploads",  # % if pages
        }
        # % else
        # %| return {}
        # % endif

    # % if auth
    def log_in(self, name: str = "ada", role: Role = Role.MEMBER) -> str:
        """Make a user, and return the cookie of a session of theirs."""

        async def make() -> str:
            database: Database = self._app.settings["database"]
            user = await Users(database).add(name, "no hash: nobody logs in by password")
            assert user is not None
            await Users(database).give_role(name, role)
            sessions: Sessions = self._app.settings["sessions"]
            return await sessions.start(user)

        token = self.io_loop.run_sync(make)
        secret = self._app.settings["cookie_secret"]
        return f"session={web.create_signed_value(secret, 'session', token).decode()}"

    # % endif
    def setUp(self) -> None:
        super().setUp()
        # % if sql
        config: Settings = self._app.settings["config"]
        self.io_loop.run_sync(lambda: make_tables(config.database_url))
        # % endif
        # % if db == mongo
        # %| use_fake_mongo(self)
        # % endif
        # % if sessions == redis
        # %| use_fake_redis(self)
        # % endif
        self.lifespan = lifespan(self._app)
        self.io_loop.run_sync(self.lifespan.__aenter__)

    def tearDown(self) -> None:
        self.io_loop.run_sync(lambda: self.lifespan.__aexit__(None, None, None))
        super().tearDown()
