"""The database: opened at the start, asked whether it is there, closed at the stop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Connection, event, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from ..settings import SettingsError
from .base import Base
from .first_start import make_file  # % if db == sqlite and tables

# Readers do not wait for the writer, and a second writer waits instead of failing.
PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=5000")


class Database:
    def __init__(self, url: str) -> None:
        self.engine = create_async_engine(url, pool_pre_ping=True)
        self.session = async_sessionmaker(self.engine, expire_on_commit=False)
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine.sync_engine, "connect", set_pragmas)

    async def ping(self) -> None:
        """Fail unless the database answers."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def check_tables(self) -> None:
        try:
            async with self.engine.connect() as connection:
                missing = await connection.run_sync(missing_tables)
        except (DBAPIError, OSError) as error:
            reason = error.orig if isinstance(error, DBAPIError) else error
            where = self.engine.url.render_as_string()
            raise SettingsError(
                f"The database {where} (DATABASE_URL) cannot be used: {reason}"
            ) from None
        if missing:
            names = ", ".join(sorted(missing))
            raise SettingsError(f"The database has no {names} yet. Make them: alembic upgrade head")

    async def close(self) -> None:
        await self.engine.dispose()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    # % if db == sqlite and tables
    await make_file(url)
    # % endif
    database = Database(url)
    try:
        await database.check_tables()
        yield database
    finally:
        await database.close()


def missing_tables(connection: Connection) -> set[str]:
    return set(Base.metadata.tables) - set(inspect(connection).get_table_names())


def set_pragmas(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
