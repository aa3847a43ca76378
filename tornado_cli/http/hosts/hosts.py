"""By which hosts a server may be asked: a request for another one is refused.

A name that leads to a server without its owner's knowledge is what DNS rebinding needs, and poisoned caches and links.
"""

import re
import socket
from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Any

from tornado import httputil

from tornado_cli.http.exchange import Exchange, client_of
from tornado_cli.http.hosts.patterns import host_of, is_allowed, patterns_of
from tornado_cli.http.refusals.answers import Refusal
from tornado_cli.http.refusals.kinds import Kind
from tornado_cli.http.refusals.refused import Refused

_AUTHORITY = re.compile(r"https?://(?P<authority>[^/?#]*)", re.IGNORECASE)
_INTERNET = (socket.AF_INET, socket.AF_INET6)
_REMEMBERED = 64
"""Headers whose verdict is kept: honest clients send few different ones."""


class Hosts:
    """The hosts by which a server may be asked; as a front, what holds to them."""

    def __init__(self, patterns: Iterable[str], refused: Refused | None = None) -> None:
        """Raise UsageError for a pattern that is none; `refused` is told of requests for other hosts."""
        self._refused = refused
        compiled = patterns_of(patterns)
        self._allows = lru_cache(_REMEMBERED)(lambda header: is_allowed(header, compiled))

    def allows(self, headers: Mapping[str, str]) -> bool:
        """Say whether a request with these headers is for one of them.

        A tunnel that changes `Host` to ours tells in another header what it was: that has to be allowed, too.
        """
        is_named = "X-Forwarded-Host" not in headers or self._allows(headers["X-Forwarded-Host"])
        return is_named and self._allows(headers.get("Host", ""))

    def __call__(
        self, exchange: Exchange, start_line: httputil.RequestStartLine, headers: httputil.HTTPHeaders
    ) -> httputil.HTTPMessageDelegate | None:
        """Answer 421 for another host (RFC 9110, 15.5.20), 400 for none and for nonsense (RFC 9112, 3.2)."""
        named = [headers.get("Host", "")]
        # A target may name a host as well, and counts before the header; most applications read only that.
        target = None if start_line.path.startswith("/") else _AUTHORITY.match(start_line.path)
        if target is not None:
            named.append(target["authority"])
        if all(map(self._allows, named)):
            return None
        if any(host_of(one) is None for one in named):
            kind, text = Kind.MALFORMED_REQUEST, "The Host header is missing or malformed."
        else:
            kind, text = Kind.MISDIRECTED, "This server does not answer for that host (--allowed-hosts)."
        if self._refused is not None:
            self._refused.note(kind, client_of(exchange.connection.context), " and ".join(named))
        return Refusal(exchange.connection, kind.status, text)


def is_loopback_peer(connection: Any) -> bool:
    """Say whether the other end of a request's connection is on this machine, whatever its headers claim.

    That of a Unix socket is no answer: who connects there is mostly a proxy.
    """
    context = connection.context
    if context.address_family not in _INTERNET:
        return False
    return _is_loopback(context.address[0])


@lru_cache(_REMEMBERED)
def _is_loopback(host: str) -> bool:
    address = ip_address(host)
    return ((address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address).is_loopback
