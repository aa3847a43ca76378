"""Hosts as `Host` headers name them, and the patterns that say which of them are allowed."""

import re
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from tornado_cli.errors import UsageError
from tornado_cli.records import Record
from tornado_cli.system.addresses import is_everywhere, plain_host
from tornado_cli.system.interfaces import outside_addresses

Network: TypeAlias = IPv4Network | IPv6Network
_LOCAL = (".localhost", "127.0.0.0/8", "::1")
_EVERYBODY = "*"
# RFC 9110, 7.2: a host and maybe a port. Of what a name may hold by RFC 3986 only that which DNS has.
_HEADER = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)\.?)(?::[0-9]{0,5})?")
_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")


class HostPatterns(Record):
    """What is allowed: names, all names below others, addresses."""

    names: frozenset[str]
    parents: tuple[str, ...]
    """Each with its dot in front."""
    networks: tuple[Network, ...]
    everybody: bool


def patterns_of(texts: Iterable[str]) -> HostPatterns:
    """Read patterns: a name, `.name` (it and all below), `*.name` (all below), an address, a network, `*`.

    Raises UsageError for what is none of them.
    """
    given = list(texts)
    networks = {text: network for text in given if (network := _network(text)) is not None}
    by_name = {text: _plain(text) for text in given if text not in networks and text != _EVERYBODY}
    for text, name in by_name.items():
        if _NAME.fullmatch(name) is None:
            raise UsageError(
                f"--allowed-hosts {text} is no host.",
                hint="A name or address without a port, a network, .example.com for it and all below, or *.",
            )
    return HostPatterns(
        names=frozenset(name for text, name in by_name.items() if not text.startswith("*.")),
        parents=tuple(f".{name}" for text, name in by_name.items() if text.startswith((".", "*."))),
        networks=tuple(networks.values()),
        everybody=_EVERYBODY in given,
    )


def development_patterns(bound: str) -> list[str]:
    """Return by which hosts people reach what listens on a host of this machine."""
    if not is_everywhere(bound):
        return [*_LOCAL, plain_host(bound)]
    addresses = [one for family in (socket.AF_INET, socket.AF_INET6) for one in outside_addresses(family)]
    own_name = _plain(socket.gethostname())
    # The second is what the local network calls it (RFC 6762).
    names = [own_name, f"{own_name.partition('.')[0]}.local"] if _NAME.fullmatch(own_name) else []
    return [*_LOCAL, *names, *addresses]


def host_of(header: str) -> str | None:
    """Return the host that a header names, as it is compared; None when it is malformed."""
    match = _HEADER.fullmatch(header)
    if match is None:
        return None
    if match["v6"] is None:
        return match["name"].lower()
    try:
        return str(IPv6Address(match["v6"]))
    except ValueError:
        return None


def is_allowed(header: str, patterns: HostPatterns) -> bool:
    """Decide whether a request with this `Host` header may be answered."""
    if patterns.everybody:
        return True
    host = host_of(header)
    if host is None:
        return False
    if host in patterns.names or host.endswith(patterns.parents):
        return True
    address = _address(host)
    return address is not None and any(address in network for network in patterns.networks)


def _plain(text: str) -> str:
    """Return the name that a pattern is about; one in another script as DNS has it."""
    name = text.removeprefix("*").removeprefix(".").removesuffix(".").lower()
    try:
        return name if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        return name


def _network(text: str) -> Network | None:
    try:
        return ip_network(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
