"""The database: opened at the start, asked whether it is there, closed at the stop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import PyMongoError

# % if db == mongo
# %| from ..settings import SettingsError
# % else
from ...settings import SettingsError

# % endif
from .base import Document
from .indexes import INDEXES  # % if tables

# Used where the address names none.
NAME = "project_name"
# Milliseconds until a server is found, and until it has answered.
SELECTION_TIMEOUT = 5_000
ANSWER_TIMEOUT = 10_000


class Database:
    def __init__(self, url: str) -> None:
        self.client: AsyncMongoClient[Document] = AsyncMongoClient(
            url,
            tz_aware=True,
            serverSelectionTimeoutMS=SELECTION_TIMEOUT,
            timeoutMS=ANSWER_TIMEOUT,
        )
        self.collections = self.client.get_default_database(NAME)

    def __getitem__(self, name: str) -> AsyncCollection[Document]:
        return self.collections[name]

    async def ping(self) -> None:
        """Fail unless the database answers."""
        await self.client.admin.command("ping")

    async def check(self) -> None:
        try:
            await self.ping()
        except PyMongoError as error:
            # What follows is how long it has waited, and for whom.
            reason = str(error).partition(" (configured timeouts")[0]
            raise SettingsError(f"The database of DATABASE_URL cannot be used: {reason}") from None

    # % if tables
    async def make_indexes(self) -> None:
        """Make those that are missing; what is there stays."""
        for name, indexes in INDEXES.items():
            await self[name].create_indexes(indexes)

    # % endif
    async def close(self) -> None:
        await self.client.close()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    try:
        await database.check()
        await database.make_indexes()  # % if tables
        yield database
    finally:
        await database.close()
