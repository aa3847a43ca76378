"""Sessions in Redis, which forgets by itself those that are over. It has no token, only its hash."""

import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Self

from redis.asyncio import Redis

from .engine import Database
from .users import User, Users

LIFETIME = timedelta(days=14)
# Seconds for a connection, or an answer.
TIMEOUT = 5.0


class Sessions:
    def __init__(self, database: Database, store: Redis) -> None:
        self.users = Users(database)
        self.store = store

    @classmethod
    @asynccontextmanager
    async def opened(cls, database: Database, url: str) -> AsyncIterator[Self]:
        store = Redis.from_url(
            url, decode_responses=True, socket_connect_timeout=TIMEOUT, socket_timeout=TIMEOUT
        )
        async with store:
            yield cls(database, store)

    async def start(self, user: User) -> str:
        """Return the token of a new session."""
        token = secrets.token_urlsafe(32)
        async with self.store.pipeline(transaction=True) as pipeline:
            pipeline.set(key_of(token), user.id, ex=LIFETIME)
            pipeline.sadd(all_of(user), key_of(token))
            pipeline.expire(all_of(user), LIFETIME)
            await pipeline.execute()
        return token

    async def user_of(self, token: str) -> User | None:
        user_id = await self.store.get(key_of(token))
        return await self.users.get(str(user_id)) if user_id else None

    async def end(self, token: str) -> None:
        await self.store.delete(key_of(token))

    async def end_all(self, user: User) -> None:
        keys = await self.store.smembers(all_of(user))
        await self.store.delete(all_of(user), *keys)

    async def ping(self) -> None:
        """Fail unless Redis answers."""
        await self.store.ping()


def key_of(token: str) -> str:
    return f"project-name:session:{hashlib.sha256(token.encode()).hexdigest()}"


def all_of(user: User) -> str:
    return f"project-name:sessions-of:{user.id}"
