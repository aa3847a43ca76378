"""Which names a certificate is for, and which of several a client gets by the server name (SNI) that it asks for."""

from collections.abc import Iterator, Sequence

from tornado_cli.system.addresses import is_address, plain_host


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
        return any(covers(own, name) for own in self._places)

    def repeated(self) -> Iterator[tuple[str, int, int]]:
        """Return each name that is there again: the name, the place that serves it, and one that does not."""
        for name, places in self._again.items():
            for place in places:
                yield name, self._places[name], place


def covers(name: str, host: str) -> bool:
    """Say whether a name in a certificate is for a host (RFC 9525, 6.3: a wildcard is one whole label, the first)."""
    name, host = plain_host(name), plain_host(host)
    if is_address(host) or not name.startswith("*."):
        return name == host
    label, dot, rest = host.partition(".")
    return bool(label and dot) and rest == name.removeprefix("*.")


def _wildcard(name: str) -> str:
    """Return the wildcard that stands for a name: it replaces the first label alone (RFC 9525, 6.3)."""
    _, dot, rest = name.partition(".")
    return f"*{dot}{rest}" if rest else ""
