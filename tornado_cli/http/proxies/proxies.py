"""Requests from trusted proxies appear as their clients made them; what anybody else says of itself is not heard."""

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from tornado import httputil

from tornado_cli.http.exchange import Exchange
from tornado_cli.http.proxies.forwarded import Misleading, Told, told_by
from tornado_cli.http.proxies.trust import Trust
from tornado_cli.http.refusals.answers import Refusal
from tornado_cli.http.refusals.kinds import Kind
from tornado_cli.http.refusals.refused import Refused
from tornado_cli.records import Record

_HEADERS = frozenset({"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded", "X-Real-Ip", "X-Scheme"})
"""Those, too, that Tornado's `xheaders=True` and many applications read by themselves."""
_NOTHING = Told()


class Peer(Record):
    """The other end of a connection, and how Tornado would show it."""

    is_trusted: bool
    address: str
    protocol: str


class Proxies:
    """A front that settles who asks, by which protocol and for which host: `remote_ip`, `protocol` and `Host`."""

    def __init__(self, trust: Trust, refused: Refused | None = None) -> None:
        self._trust = trust
        self._refused = refused
        self._peers: WeakKeyDictionary[Any, Peer] = WeakKeyDictionary()
        """By the context that Tornado has for each connection."""

    def __call__(
        self,
        exchange: Exchange,
        start_line: httputil.RequestStartLine,  # noqa: ARG002 - the protocol's name.
        headers: httputil.HTTPHeaders,
    ) -> httputil.HTTPMessageDelegate | None:
        context = exchange.connection.context
        peer = self._peers.get(context) or self._met(context)
        # The connection may have been another client's, a moment ago.
        context.remote_ip, context.protocol = peer.address, peer.protocol
        given = {name: headers[name] for name in _HEADERS.intersection(headers)}
        if not given:
            return None
        try:
            told = told_by(given, self._trust.holds_for) if peer.is_trusted else _NOTHING
        except Misleading as error:
            if self._refused is not None:
                self._refused.note(Kind.MISLEADING, peer.address, str(error))
            text = f"What the proxy in front of this server says of the request cannot be: {error}."
            return Refusal(exchange.connection, Kind.MISLEADING.status, text)
        context.remote_ip = told.address or peer.address
        context.protocol = told.protocol or peer.protocol
        if told.host:
            headers["Host"] = told.host
        _settle(headers, given, context)
        return None

    def _met(self, context: Any) -> Peer:
        is_trusted = self._trust.holds_for_peer(context.address, context.address_family)
        # Tornado does not show one at a Unix socket, where the PROXY protocol may have told it.
        address = context.address[0] if isinstance(context.address, tuple) else context.remote_ip
        peer = self._peers[context] = Peer(is_trusted, address, context.protocol)
        return peer


def _settle(headers: httputil.HTTPHeaders, given: Mapping[str, str], context: Any) -> None:
    """Have the headers say what was settled: whoever reads them by itself must not be misled."""
    settled = {
        "X-Forwarded-For": context.remote_ip,
        "X-Real-Ip": context.remote_ip,
        "X-Forwarded-Proto": context.protocol,
        "X-Scheme": context.protocol,
        "X-Forwarded-Host": headers.get("Host", ""),
    }
    for name, value in given.items():
        if name not in settled:
            del headers[name]
        elif settled[name] != value:
            headers[name] = settled[name]
