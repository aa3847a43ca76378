"""All tables in one place: a migration is the difference between them and the database."""

from .base import Base
from .identities import Identity  # % if oauth
from .items import Item  # % if crud
from .sessions import LoginSession  # % if sessions == db
from .users import User  # % if auth

__all__ = [
    "TABLES",
    "Identity",  # % if oauth
    "Item",  # % if crud
    "LoginSession",  # % if sessions == db
    "User",  # % if auth
]

TABLES = Base.metadata
