"""Users: their table, and all that is ever asked of it."""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import String, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, new_id
from .engine import Database


class Role(StrEnum):
    MEMBER = "member"
    ADMIN = "admin"


class User(Base, kw_only=True):
    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default_factory=new_id)
    name: Mapped[str] = mapped_column(String(32), unique=True)
    # % if oauth
    password_hash: Mapped[str | None] = mapped_column(String(200), default=None, repr=False)
    # % else
    # %| password_hash: Mapped[str] = mapped_column(String(200), repr=False)
    # % endif
    role: Mapped[str] = mapped_column(String(16), default=Role.MEMBER)
    generation: Mapped[int] = mapped_column(default=1)  # % if sessions == cookie

    def may(self, role: Role) -> bool:
        """Tell whether what `role` may do is allowed; who is an admin may do all."""
        return self.role in (role, Role.ADMIN)


class Users:
    def __init__(self, database: Database) -> None:
        self.session = database.session

    async def add(self, name: str, password_hash: str) -> User | None:
        """Return the new user; None if the name is taken."""
        user = User(name=name, password_hash=password_hash)
        try:
            async with self.session.begin() as session:
                session.add(user)
        except IntegrityError:
            return None
        return user

    async def named(self, name: str) -> User | None:
        async with self.session() as session:
            return await session.scalar(select(User).where(User.name == name))

    # % if not sessions == db
    async def get(self, user_id: str) -> User | None:
        async with self.session() as session:
            return await session.get(User, user_id)

    # % endif
    # % if sessions == cookie
    async def next_generation(self, user: User) -> None:
        """Make every session of this generation one of the past."""
        next_one = update(User).where(User.id == user.id).values(generation=User.generation + 1)
        async with self.session.begin() as session:
            await session.execute(next_one)

    # % endif
    async def all(self) -> Sequence[User]:
        async with self.session() as session:
            return (await session.scalars(select(User).order_by(User.name))).all()

    async def give_role(self, name: str, role: Role) -> None:
        async with self.session.begin() as session:
            await session.execute(update(User).where(User.name == name).values(role=role))
