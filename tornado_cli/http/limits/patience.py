"""How long each connection may stand still, by what it waits for: decided from looks at all of them now and then."""

from collections.abc import Hashable, Iterable
from enum import Enum, auto
from typing import NamedTuple

from tornado_cli.http.limits.request_limits import RequestLimits

LOOK = 1.0
"""Seconds between two looks, where the times are long."""
_LOOKS = 8
"""Looks within the shortest time."""


class Waiting(Enum):
    """What a connection waits for."""

    FIRST_REQUEST = auto()
    NEXT_REQUEST = auto()
    BODY = auto()
    """More of its request's body."""
    READER = auto()
    """That the client takes more of the answer."""
    APPLICATION = auto()
    """For which it may wait as long as it wants."""


class Standing(NamedTuple):
    """How a connection stands; while nothing of this changes, it stands still."""

    waiting: Waiting
    exchange: Hashable
    progress: int
    """Bytes of what it waits for that have gone their way; of a request, 1 when it has come."""


class Patience:
    """Knows since when each connection has stood still."""

    def __init__(self, limits: RequestLimits) -> None:
        self._limits = {
            Waiting.FIRST_REQUEST: limits.header_timeout or float("inf"),
            Waiting.NEXT_REQUEST: limits.keep_alive or float("inf"),
            Waiting.BODY: limits.body_timeout or float("inf"),
            Waiting.READER: limits.body_timeout or float("inf"),
            Waiting.APPLICATION: float("inf"),
        }
        self.pause = min(LOOK, min(self._limits.values()) / _LOOKS)
        """Seconds until the next look."""
        self._since: dict[Hashable, tuple[Standing, float]] = {}
        self._looked_at = 0.0

    def exhausted(self, standings: Iterable[tuple[Hashable, Standing]], now: float) -> list[tuple[Hashable, Waiting]]:
        """Look at all connections, each with how it stands now; return those that have stood still for too long."""
        # While this process could not look, it could not read either: that is held against nobody.
        late = now - self._looked_at - self.pause
        asleep = late if late > self.pause else 0.0
        self._looked_at = now
        before, self._since = self._since, {}
        exhausted: list[tuple[Hashable, Waiting]] = []
        for connection, standing in standings:
            last, since = before.get(connection, (None, now))
            since = since + asleep if last == standing else now
            self._since[connection] = (standing, since)
            if now - since >= self._limits[standing.waiting]:
                exhausted.append((connection, standing.waiting))
        return exhausted
