"""Accounts: what a name and a password have to be, and what is done with them."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from .db.users import User, Users
from .passwords import Passwords

Name = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        to_lower=True,
        pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$",
        min_length=3,
        max_length=32,
    ),
]


class Credentials(BaseModel):
    name: str = Field(max_length=100)
    # A limit, for hashing takes time.
    password: str = Field(max_length=200)


class NewAccount(BaseModel):
    name: Name
    password: str = Field(min_length=10, max_length=200)


class Accounts:
    def __init__(self, users: Users, passwords: Passwords) -> None:
        self.users = users
        self.passwords = passwords

    async def sign_up(self, wanted: NewAccount) -> User | None:
        """Return the new user; None if the name is taken."""
        return await self.users.add(wanted.name, await self.passwords.hash(wanted.password))

    async def log_in(self, given: Credentials) -> User | None:
        """Return the user, if the password is theirs; how long it takes does not tell who exists."""
        user = await self.users.named(given.name.strip().lower())
        known_hash = user.password_hash if user else None
        return user if await self.passwords.is_right(given.password, known_hash) else None
