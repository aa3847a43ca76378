"""Identities: who of our users is who at which provider."""

from collections.abc import Sequence

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base
from .engine import Database
from .users import User


class Identity(Base, kw_only=True):
    __tablename__ = "identities"

    provider: Mapped[str] = mapped_column(String(16), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)


class Identities:
    def __init__(self, database: Database) -> None:
        self.session = database.session

    async def user_of(self, provider: str, subject: str) -> User | None:
        wanted = (
            select(User)
            .join(Identity, Identity.user_id == User.id)
            .where(Identity.provider == provider, Identity.subject == subject)
        )
        async with self.session() as session:
            return await session.scalar(wanted)

    async def sign_up(self, provider: str, subject: str, name: str) -> User | None:
        """Return a new user, who has no password; None if the name or the identity is taken."""
        user = User(name=name)
        try:
            async with self.session.begin() as session:
                session.add(user)
                await session.flush()
                session.add(Identity(provider=provider, subject=subject, user_id=user.id))
        except IntegrityError:
            return None
        return user

    async def link(self, provider: str, subject: str, user: User) -> bool:
        """Tell whether it is now the user's; somebody else may have been faster."""
        try:
            async with self.session.begin() as session:
                session.add(Identity(provider=provider, subject=subject, user_id=user.id))
        except IntegrityError:
            return False
        return True

    async def of(self, user: User) -> Sequence[str]:
        """The providers by which the user can log in."""
        wanted = select(Identity.provider).where(Identity.user_id == user.id).distinct()
        async with self.session() as session:
            return (await session.scalars(wanted)).all()
