"""Brings the database of the settings to the wanted revision: `alembic upgrade head`."""

import asyncio

from alembic import context
from sqlalchemy import Connection

from project_name.db.engine import Database
from project_name.db.tables import TABLES
from project_name.settings import Settings


def migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=TABLES, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_migrate(url: str) -> None:
    database = Database(url)
    try:
        async with database.engine.begin() as connection:
            await connection.run_sync(migrate)
    finally:
        await database.close()


given_url: str | None = context.config.attributes.get("url")
asyncio.run(connect_and_migrate(given_url or Settings().database_url))
