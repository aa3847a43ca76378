"""Identities: who of our users is who at which provider. They are kept with the user."""

from collections.abc import Sequence

from pymongo.errors import DuplicateKeyError

from .engine import Database
from .users import User


class Identities:
    def __init__(self, database: Database) -> None:
        self.users = database["users"]

    async def user_of(self, provider: str, subject: str) -> User | None:
        return User.if_any(await self.users.find_one({"identities": key_of(provider, subject)}))

    async def sign_up(self, provider: str, subject: str, name: str) -> User | None:
        """Return a new user, who has no password; None if the name or the identity is taken."""
        user = User(name=name)
        try:
            await self.users.insert_one(
                {**user.document, "identities": [key_of(provider, subject)]}
            )
        except DuplicateKeyError:
            return None
        return user

    async def link(self, provider: str, subject: str, user: User) -> bool:
        """Tell whether it is now the user's; somebody else may have been faster."""
        added = {"$addToSet": {"identities": key_of(provider, subject)}}
        try:
            await self.users.update_one({"_id": user.id}, added)
        except DuplicateKeyError:
            return False
        return True

    async def of(self, user: User) -> Sequence[str]:
        """The providers by which the user can log in."""
        document = await self.users.find_one({"_id": user.id}) or {}
        return sorted({key.partition(":")[0] for key in document.get("identities", [])})


def key_of(provider: str, subject: str) -> str:
    return f"{provider}:{subject}"
