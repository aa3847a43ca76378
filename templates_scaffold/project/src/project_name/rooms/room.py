"""One room as this process knows it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain  # % if broker
from typing import Protocol

from .messages import Line

LINES_KEPT = 50


class Member(Protocol):
    """Somebody in a room, through a connection to this process."""

    name: str

    def tell(self, message: str) -> None: ...


# % if broker
@dataclass(frozen=True)
class Elsewhere:
    """Who is there through another process, as it said last."""

    names: list[str]
    heard_at: float


# % endif
@dataclass
class Room:
    members: set[Member] = field(default_factory=set)
    lines: list[Line] = field(default_factory=list)
    elsewhere: dict[str, Elsewhere] = field(default_factory=dict)  # % if broker

    @property
    def names(self) -> list[str]:
        """Who is there through this process; with two windows open it is still one person."""
        return sorted({member.name for member in self.members})

    # % if broker
    @property
    def people(self) -> list[str]:
        """Who is there through any process."""
        return sorted({*self.names, *chain(*(one.names for one in self.elsewhere.values()))})

    def note(self, process: str, names: list[str], now: float) -> None:
        """Keep who is there through another process."""
        self.elsewhere[process] = Elsewhere(names, now)

    def forget(self, deadline: float) -> None:
        """Forget the processes of which nothing was heard since then."""
        heard = {name: one for name, one in self.elsewhere.items() if one.heard_at > deadline}
        self.elsewhere = heard

    # % endif
    def add(self, lines: Iterable[Line]) -> list[Line]:
        """Keep the newest of all lines; return those that are new."""
        known = {line.id for line in self.lines}
        new = [line for line in lines if line.id not in known]
        self.lines = sorted([*self.lines, *new], key=lambda line: line.at)[-LINES_KEPT:]
        return [line for line in new if line in self.lines]

    def tell(self, message: str) -> None:
        for member in list(self.members):
            member.tell(message)
