"""Which of several certificates a client gets, by the server name (SNI) that it asks for."""

from collections.abc import Iterator, Sequence


class ServerNames:
    """The names of certificates, each certificate known by its place; the first is for whoever asks for no other."""

    def __init__(self, names: Sequence[Sequence[str]]) -> None:
        self._places: dict[str, int] = {}
        self._again: dict[str, list[int]] = {}
        for place, own in enumerate(names):
            for name in dict.fromkeys(one.lower() for one in own):
                if self._places.setdefault(name, place) != place:
                    self._again.setdefault(name, []).append(place)

    def place_of(self, asked: str | None) -> int:
        """Return the place of the certificate for a name, its own or by a wildcard."""
        name = (asked or "").lower().removesuffix(".")
        return self._places.get(name, self._places.get(_wildcard(name), 0))

    def covers(self, name: str) -> bool:
        return name.lower() in self._places or _wildcard(name.lower()) in self._places

    def repeated(self) -> Iterator[tuple[str, int, int]]:
        """Return each name that is there again: the name, the place that serves it, and one that does not."""
        for name, places in self._again.items():
            for place in places:
                yield name, self._places[name], place


def _wildcard(name: str) -> str:
    """Return the wildcard that stands for a name: it replaces the first label alone (RFC 9525, 6.3)."""
    _, dot, rest = name.partition(".")
    return f"*{dot}{rest}" if rest else ""
