"""A member of a room that is no browser."""

import json
from typing import Any


class Listener:
    """A member that keeps what it was told."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.told: list[dict[str, Any]] = []

    def tell(self, message: str) -> None:
        self.told.append(json.loads(message))

    @property
    def texts(self) -> list[str]:
        lines = [line for message in self.told for line in message.get("lines", [])]
        return [line["text"] for line in lines]

    @property
    def people(self) -> list[str]:
        """Who is there by what it was told last."""
        return next(message["names"] for message in self.told[::-1] if message["type"] == "people")
