"""A database of one file is made when it is first wanted, with the tables of the newest revision."""

import asyncio
import logging
import os
import threading
from contextlib import suppress
from pathlib import Path

from sqlalchemy import URL, make_url

SCRIPTS = "project_name:migrations"


async def make_file(url: str) -> None:
    """Make the file if there is none; one that is there is left as it is."""
    place = make_url(url)
    if place.get_backend_name() == "sqlite" and place.database not in {None, "", ":memory:"}:
        # A migration has an event loop of its own.
        await asyncio.to_thread(make, place, Path(str(place.database)))


def make(place: URL, file: Path) -> None:
    """Whole or not at all, and once: several processes may start at the same time."""
    if file.exists():
        return
    own = file.with_name(f"{file.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        upgrade(place.set(database=str(own)).render_as_string(hide_password=False))
        with suppress(FileExistsError):
            file.hardlink_to(own)
    finally:
        own.unlink(missing_ok=True)


def upgrade(url: str) -> None:
    # It tells of each part that it consists of.
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)
    # Not for every start: alembic is a quarter of what this application would import.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    config.attributes["url"] = url
    command.upgrade(config, "head")
