"""The migrations lead to the tables as they are declared, and back."""

import asyncio
import io
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch  # % if tables

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import make_url  # % if db == sqlite and tables
from sqlalchemy.ext.asyncio import AsyncEngine  # % if tables

# % if tables
from project_name.db import first_start  # % if db == sqlite and tables
from project_name.db.engine import Database, opened
from project_name.settings import SettingsError

# % endif
from .support import database_in, drop_tables


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Config]:
    config = Config(stdout=io.StringIO())
    url = database_in(tmp_path)
    asyncio.run(drop_tables(url))
    scripts = "project_name:migrations"
    config.set_main_option("script_location", scripts)
    config.attributes["url"] = url
    command.upgrade(config, "head")
    yield config
    command.downgrade(config, "base")


# % if tables
def test_a_database_without_tables_is_refused_with_what_to_do(tmp_path: Path) -> None:
    async def start() -> None:
        async with opened(f"sqlite+aiosqlite:///{tmp_path / 'empty.sqlite3'}"):
            pass

    (tmp_path / "empty.sqlite3").touch()
    with pytest.raises(SettingsError, match="alembic upgrade head"):
        asyncio.run(start())


def test_a_database_that_cannot_be_used_is_refused_with_its_address(tmp_path: Path) -> None:
    async def start() -> None:
        await Database(database_in(tmp_path)).check_tables()

    refused = patch.object(AsyncEngine, "connect", side_effect=ConnectionRefusedError("Refused"))
    with refused, pytest.raises(SettingsError, match=r"\(DATABASE_URL\) cannot be used: Refused"):
        asyncio.run(start())


# % endif
# % if db == sqlite and tables
def test_a_database_of_one_file_is_made_at_the_first_start_and_kept(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'new.sqlite3'}"

    async def start() -> None:
        async with opened(url) as database:
            await database.ping()

    asyncio.run(start())
    made = (tmp_path / "new.sqlite3").stat()
    asyncio.run(start())
    assert [(path.name, path.stat().st_ino) for path in tmp_path.iterdir()] == [
        ("new.sqlite3", made.st_ino)
    ]


def test_of_several_that_start_at_once_the_first_has_made_it(tmp_path: Path) -> None:
    file = tmp_path / "new.sqlite3"

    def upgrade_and_be_overtaken(url: str) -> None:
        Path(str(make_url(url).database)).touch()
        file.write_text("of another process")

    with patch.object(first_start, "upgrade", upgrade_and_be_overtaken):
        asyncio.run(first_start.make_file(f"sqlite+aiosqlite:///{file}"))
    assert file.read_text() == "of another process"
    assert list(tmp_path.iterdir()) == [file]


# % endif
def test_nothing_is_left_to_migrate(config: Config) -> None:
    command.check(config)
