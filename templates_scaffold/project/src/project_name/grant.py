"""Makes somebody an admin: `python -m project_name.grant NAME`."""

import asyncio
import sys

from .db.engine import opened
from .db.users import Role, Users
from .settings import Settings


async def grant(url: str, name: str) -> str:
    """Return what has happened."""
    async with opened(url) as database:
        users = Users(database)
        if await users.named(name) is None:
            return f"There is no {name}."
        await users.give_role(name, Role.ADMIN)
        return f"{name} is an admin now."


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m project_name.grant NAME")
    print(asyncio.run(grant(Settings.from_environment().database_url, sys.argv[1])))
