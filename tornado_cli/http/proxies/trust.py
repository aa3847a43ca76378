"""Whom a server trusts to speak for others: the proxies in front of it, by their addresses."""

import socket
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from tornado_cli.errors import UsageError

UNIX = "unix"
_REMEMBERED = 1024
"""Addresses whose verdict is kept."""


class Trust:
    """The addresses and networks of proxies, and whether those that come by a Unix socket are some."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Raise UsageError for a text that is neither an address, nor a network, nor `unix`."""
        given = set(texts)
        self._unix = UNIX in given
        networks = [_network(text) for text in sorted(given - {UNIX})]
        self.holds_for = lru_cache(_REMEMBERED)(lambda address: _is_in(address, networks))
        """Whether an address, as text, is a proxy's."""

    def holds_for_peer(self, address: Any, family: int | None) -> bool:
        """Say whether the other end of a connection is a proxy; the address is the socket's."""
        # At a Unix socket, too, the PROXY protocol may have told one.
        if isinstance(address, tuple):
            return self.holds_for(address[0])
        return self._unix and family == socket.AF_UNIX


def plain_address(text: str) -> str:
    """Return an address as it is written once and for all; an IPv4 one that IPv6 maps, as IPv4.

    Raises ValueError for what is none.
    """
    address = ip_address(text)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def _is_in(text: str, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    # A link-local one comes with its interface.
    address = ip_address(plain_address(text.partition("%")[0]))
    return any(address in network for network in networks)


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError:
        raise UsageError(
            f"--trusted-proxies {text} is no address.",
            hint="For example: --trusted-proxies 10.0.0.0/8 --trusted-proxies ::1 --trusted-proxies unix",
        ) from None
