"""Whose account it is that somebody comes to by a provider."""

import re
import secrets
import unicodedata
from collections.abc import Iterator

from ..db.identities import Identities
from ..db.users import User
from .providers import Person

LONGEST_NAME = 25


async def account_of(person: Person, identities: Identities, current: User | None) -> User | None:
    """Return the account of a person: a known one, the one they are logged in to, or a new one.

    None if the person has another account than the one they are logged in to. That two share an
    address of mail makes them no one person: providers differ in what they check.
    """
    known = await identities.user_of(person.provider, person.subject)
    if known is not None:
        return known if current is None or current.id == known.id else None
    if current is not None:
        is_linked = await identities.link(person.provider, person.subject, current)
        return current if is_linked else None
    for name in names_for(person):
        user = await identities.sign_up(person.provider, person.subject, name)
        if user is not None:
            return user
    return await identities.user_of(person.provider, person.subject)


def names_for(person: Person) -> Iterator[str]:
    """Names for a new account: their own, and if that is taken one that hardly can be."""
    plain = unicodedata.normalize("NFKD", person.name).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9_.]+", "-", plain).strip("-_.")[:LONGEST_NAME]
    if len(name) < 3 or not name[0].isalpha():
        name = f"{person.provider}-{name}".strip("-")[:LONGEST_NAME]
    yield name
    yield f"{name}-{secrets.token_hex(3)}"
