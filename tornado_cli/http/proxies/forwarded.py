"""What proxies say of a request, by X-Forwarded-* and Forwarded (RFC 7239): read, and believed as far as it is due.

Each proxy adds to the right what it saw itself, so what stands left of a trusted one's words may be made up.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from tornado_cli.http.hosts.patterns import host_of
from tornado_cli.http.proxies.trust import plain_address

_LISTS = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host")
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
# Nothing is tried twice: a client may send thousands of blanks.
_PAIR = re.compile(
    rf'[ \t]*+(?:(?P<name>{_WORD})=(?:(?P<token>{_WORD})|"(?P<quoted>(?:[^"\\]|\\.)*+)"))?+[ \t]*+(?P<end>[;,]|\Z)'
)
_ESCAPED = re.compile(r"\\(.)")
_PORT = r"(?::(?:[0-9]{1,5}|_[A-Za-z0-9._-]+))?"
# X-Forwarded-For has addresses of IPv6 without brackets as well.
_NODE = re.compile(rf"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<v4>[0-9.]+)){_PORT}|(?P<bare>[0-9A-Fa-f:.]+)")
_HIDDEN = re.compile(rf"(?:unknown|_[A-Za-z0-9._-]+){_PORT}", re.IGNORECASE)
# Some proxies say it of a WebSocket.
_PROTOCOLS = {"http": "http", "https": "https", "ws": "http", "wss": "https"}


class Misleading(Exception):  # noqa: N818 - says what they are.
    """The headers are malformed, or contradict each other: to guess would be to trust whoever wrote them."""


class Told(NamedTuple):
    """What trusted proxies say; None where they say nothing."""

    address: str | None = None
    protocol: str | None = None
    host: str | None = None


def told_by(headers: Mapping[str, str], is_trusted: Callable[[str], bool]) -> Told:
    """Return what the proxies say from the outermost on that is trusted; the one we talk with is known to be.

    Raises Misleading.
    """
    addresses, protocols, hosts = (_items(headers.get(name, "")) for name in _LISTS)
    address, position = _outermost(addresses, is_trusted)
    told = Told(address, _protocol(_at(protocols, position)), _host(_at(hosts, position)))
    elements = elements_of(headers["Forwarded"]) if "Forwarded" in headers else []
    if not elements:
        return told
    other = _by_elements(elements, is_trusted)
    if (addresses or protocols or hosts) and told != other:
        raise Misleading("Forwarded and X-Forwarded-* do not say the same")
    return other


def elements_of(header: str) -> list[dict[str, str]]:
    """Return the elements of a Forwarded header, names in lower case. Raises Misleading for what is none."""
    elements: list[dict[str, str]] = [{}]
    position, end = 0, ","
    while end:
        match = _PAIR.match(header, position)
        name = match and match["name"] and match["name"].lower()
        if match is None or name in elements[-1]:
            raise Misleading("Forwarded is malformed")
        if name:
            elements[-1][name] = match["token"] or _ESCAPED.sub(r"\1", match["quoted"])
        position, end = match.end(), match["end"]
        if end == ",":
            elements.append({})
    return [element for element in elements if element]


@lru_cache(1024)
def address_of(node: str) -> str | None:
    """Return the address that a node is; None for one that does not say. Raises Misleading for what is no node."""
    if _HIDDEN.fullmatch(node):
        return None
    match = _NODE.fullmatch(node)
    try:
        return plain_address("".join(filter(None, match.groups())) if match else "")
    except ValueError:
        raise Misleading("a forwarded address is none") from None


def _by_elements(elements: Sequence[Mapping[str, str]], is_trusted: Callable[[str], bool]) -> Told:
    address, position = _outermost([element.get("for", "unknown") for element in elements], is_trusted)
    element = elements[-1 - position]
    return Told(address, _protocol(element.get("proto")), _host(element.get("host")))


def _outermost(nodes: Sequence[str], is_trusted: Callable[[str], bool]) -> tuple[str | None, int]:
    """Return the first address from the right that is no proxy's, and its position from there.

    Where none is, or it is not told, the last that is known.
    """
    known: str | None = None
    for position, node in enumerate(reversed(nodes)):
        address = address_of(node)
        known = address or known
        if address is None or not is_trusted(address):
            return known, position
    return known, max(len(nodes) - 1, 0)


def _at(items: Sequence[str], position: int) -> str | None:
    """Return what the proxy at a position said; that of a shorter list, which not every proxy adds to, its first."""
    return items[max(-1 - position, -len(items))] if items else None


def _items(header: str) -> list[str]:
    return [item for part in header.split(",") if (item := part.strip(" \t"))] if header else []


def _protocol(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return _PROTOCOLS[text.lower()]
    except KeyError:
        raise Misleading("a forwarded protocol is none") from None


def _host(text: str | None) -> str | None:
    if text is not None and host_of(text) is None:
        raise Misleading("a forwarded host is none")
    return text and text.lower()
