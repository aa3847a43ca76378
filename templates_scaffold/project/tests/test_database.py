"""The database as it is set up; all other tests ask a fake."""

import asyncio

import pytest
from pymongo.errors import ServerSelectionTimeoutError

# % if db == mongo
# %| from project_name.db import engine
# %| from project_name.db.indexes import INDEXES  # % if tables
# % else
from project_name.db.mongo import engine
from project_name.db.mongo.indexes import INDEXES

# % endif
from project_name.settings import SettingsError

from .fake_mongo import FakeClient


@pytest.mark.parametrize(
    ("url", "name"),
    [("mongodb://localhost", "project_name"), ("mongodb://localhost/other", "other")],
)
def test_the_address_may_name_the_database(url: str, name: str) -> None:
    async def named() -> str:
        # Nothing is connected before something is asked.
        database = engine.Database(url)
        try:
            return database.collections.name
        finally:
            await database.close()

    assert asyncio.run(named()) == name


def test_it_is_ready_to_be_used_when_it_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeClient()
    monkeypatch.setattr(engine, "AsyncMongoClient", lambda *_, **__: fake)

    async def use() -> None:
        async with engine.opened("mongodb://localhost") as database:
            await database.ping()
            # % if tables
            made = {name: len(one.indexes) for name, one in fake.collections.items()}
            assert made == {name: len(indexes) for name, indexes in INDEXES.items()}
            # % endif

    asyncio.run(use())
    assert fake.is_closed


def test_a_server_that_is_not_there_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    async def no_answer(_: engine.Database) -> None:
        raise ServerSelectionTimeoutError("shop:1: refused (configured timeouts: 5s), Timeout: 5s")

    monkeypatch.setattr(engine.Database, "ping", no_answer)

    async def start() -> None:
        async with engine.opened("mongodb://shop:1"):
            pass

    with pytest.raises(SettingsError, match=r"cannot be used: shop:1: refused$"):
        asyncio.run(start())
