"""All indexes in one place: what has to be unique, found at once, or forgotten."""

from pymongo import IndexModel

INDEXES = {
    # % if auth
    "users": [
        IndexModel("name", unique=True),
        IndexModel("identities", unique=True, sparse=True),  # % if oauth
    ],
    # % endif
    # % if sessions == db
    "sessions": [
        IndexModel("user_id"),
        # The server clears away those that are over.
        IndexModel("expires", expireAfterSeconds=0),
    ],
    # % endif
    # % if crud
    "items": [IndexModel(["name", "_id"])],
    # % endif
}
