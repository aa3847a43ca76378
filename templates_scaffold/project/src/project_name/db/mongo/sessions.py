"""Sessions: who is logged in, and until when. The collection has no token, only its hash."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from .engine import Database
from .users import User, Users

LIFETIME = timedelta(days=14)


class Sessions:
    def __init__(self, database: Database) -> None:
        self.users = Users(database)
        self.sessions = database["sessions"]

    async def start(self, user: User) -> str:
        """Return the token of a new session."""
        token = secrets.token_urlsafe(32)
        expires = datetime.now(UTC) + LIFETIME
        started = {"_id": hash_of(token), "user_id": user.id, "expires": expires}
        await self.sessions.insert_one(started)
        return token

    async def user_of(self, token: str) -> User | None:
        # The server clears away what is over once a minute.
        wanted = {"_id": hash_of(token), "expires": {"$gt": datetime.now(UTC)}}
        session = await self.sessions.find_one(wanted)
        return await self.users.get(session["user_id"]) if session else None

    async def end(self, token: str) -> None:
        await self.sessions.delete_one({"_id": hash_of(token)})

    async def end_all(self, user: User) -> None:
        await self.sessions.delete_many({"user_id": user.id})


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
