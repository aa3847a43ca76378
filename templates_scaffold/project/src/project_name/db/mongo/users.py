"""Users: what is kept of them, and all that is ever asked of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pymongo.errors import DuplicateKeyError

from .base import Kept
from .engine import Database


class Role(StrEnum):
    MEMBER = "member"
    ADMIN = "admin"


@dataclass(frozen=True, kw_only=True)
class User(Kept):
    name: str
    # % if oauth
    password_hash: str | None = field(default=None, repr=False)
    # % else
    # %| password_hash: str = field(repr=False)
    # % endif
    role: str = Role.MEMBER
    generation: int = 1  # % if sessions == cookie

    def may(self, role: Role) -> bool:
        """Tell whether what `role` may do is allowed; who is an admin may do all."""
        return self.role in (role, Role.ADMIN)


class Users:
    def __init__(self, database: Database) -> None:
        self.users = database["users"]

    async def add(self, name: str, password_hash: str) -> User | None:
        """Return the new user; None if the name is taken."""
        user = User(name=name, password_hash=password_hash)
        try:
            await self.users.insert_one(user.document)
        except DuplicateKeyError:
            return None
        return user

    async def named(self, name: str) -> User | None:
        return User.if_any(await self.users.find_one({"name": name}))

    async def get(self, user_id: str) -> User | None:
        return User.if_any(await self.users.find_one({"_id": user_id}))

    # % if sessions == cookie
    async def next_generation(self, user: User) -> None:
        """Make every session of this generation one of the past."""
        await self.users.update_one({"_id": user.id}, {"$inc": {"generation": 1}})

    # % endif
    async def all(self) -> Sequence[User]:
        return [User.of(document) async for document in self.users.find({}).sort("name")]

    async def give_role(self, name: str, role: Role) -> None:
        await self.users.update_one({"name": name}, {"$set": {"role": role}})
