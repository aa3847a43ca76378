"""Sessions: who is logged in, and until when. The table has no token, only its hash."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, DateTime, ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base
from .engine import Database
from .users import User

LIFETIME = timedelta(days=14)


class LoginSession(Base, kw_only=True):
    __tablename__ = "sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    expires: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


class Sessions:
    def __init__(self, database: Database) -> None:
        self.session = database.session

    async def start(self, user: User) -> str:
        """Return the token of a new session; those that are over are cleared away meanwhile."""
        token = secrets.token_urlsafe(32)
        now = datetime.now(UTC)
        started = LoginSession(token_hash=hash_of(token), user_id=user.id, expires=now + LIFETIME)
        async with self.session.begin() as session:
            await session.execute(delete(LoginSession).where(LoginSession.expires <= now))
            session.add(started)
        return token

    async def user_of(self, token: str) -> User | None:
        wanted = (
            select(User)
            .join(LoginSession, LoginSession.user_id == User.id)
            .where(LoginSession.token_hash == hash_of(token))
            .where(LoginSession.expires > datetime.now(UTC))
        )
        async with self.session() as session:
            return await session.scalar(wanted)

    async def end(self, token: str) -> None:
        await self.delete_where(LoginSession.token_hash == hash_of(token))

    async def end_all(self, user: User) -> None:
        await self.delete_where(LoginSession.user_id == user.id)

    async def delete_where(self, condition: ColumnElement[bool]) -> None:
        async with self.session.begin() as session:
            await session.execute(delete(LoginSession).where(condition))


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
