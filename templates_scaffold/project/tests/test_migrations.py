"""The migrations lead to the tables as they are declared, and back."""

import asyncio
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

# % if tables
from project_name.db.engine import opened
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


# % endif
# % if db == sqlite and tables
def test_a_database_of_one_file_is_made_at_the_first_start_and_once(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'new.sqlite3'}"

    async def start() -> None:
        async with opened(url) as database:
            await database.ping()

    async def start_three() -> None:
        await asyncio.gather(*[start() for _ in range(3)])

    asyncio.run(start_three())
    asyncio.run(start())
    assert [path.name for path in tmp_path.iterdir()] == ["new.sqlite3"]


# % endif
def test_nothing_is_left_to_migrate(config: Config) -> None:
    command.check(config)
