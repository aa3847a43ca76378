"""Sessions that live in the signed cookie alone; the user's row knows which are of the past."""

from datetime import timedelta

from .engine import Database
from .users import User, Users

LIFETIME = timedelta(days=14)


class Sessions:
    def __init__(self, database: Database) -> None:
        self.users = Users(database)

    async def start(self, user: User) -> str:
        """Return what the cookie has to hold; its signature keeps others from making it up."""
        return f"{user.id}.{user.generation}"

    async def user_of(self, token: str) -> User | None:
        user_id, _, generation = token.partition(".")
        user = await self.users.get(user_id)
        return user if user and str(user.generation) == generation else None

    async def end(self, token: str) -> None:
        """Do nothing more: the session was in the cookie, and that is cleared."""

    async def end_all(self, user: User) -> None:
        await self.users.next_generation(user)
