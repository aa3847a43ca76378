"""Keeps what is said again and again of one place from filling the log."""

from collections.abc import Hashable

WINDOW = 10.0
"""Seconds."""
AT_ONCE = 3
"""Reports of one place in that time; a fix that is tried twice is seen to work or not."""
_MOST_PLACES = 1000


class _Place:
    told = 0
    kept_back = 0

    def __init__(self, since: float) -> None:
        self.since = since


class Repeats:
    """Counts by place."""

    def __init__(self) -> None:
        self._places: dict[Hashable, _Place] = {}

    def admits(self, key: Hashable, now: float) -> int | None:
        """Return how many were kept back before this one, or None when this is kept back, too."""
        place = self._places.get(key)
        kept_back = 0
        if place is None or now - place.since >= WINDOW:
            kept_back = 0 if place is None else place.kept_back
            if len(self._places) >= _MOST_PLACES:
                self._places.clear()
            place = self._places[key] = _Place(now)
        if place.told >= AT_ONCE:
            place.kept_back += 1
            return None
        place.told += 1
        return kept_back
