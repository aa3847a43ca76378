"""How many connections each client holds, and that none holds more than its share.

A client that connects itself is counted from its accept on. What a trusted proxy brings is counted request by request,
for the client that the proxy names: its own connections are everybody's.
"""

import functools
from collections import Counter
from collections.abc import Callable, Hashable
from ipaddress import ip_network
from typing import Any

from tornado import httputil

from tornado_cli.http.exchange import OURSELVES, SWITCHING_PROTOCOLS, UNIX_CLIENT, Exchange, client_of
from tornado_cli.http.proxies.trust import plain_address
from tornado_cli.http.refusals.answers import Refusal, last_answer
from tornado_cli.http.refusals.kinds import Kind
from tornado_cli.http.refusals.refused import Refused

_SUBSCRIBER = 64
"""Bits of an IPv6 address that tell one subscriber from another; the rest is theirs to choose."""
_TOO_MANY = f"This client has too many connections ({Kind.TOO_MANY_CONNECTIONS.flag})."


class ClientConnections:
    """Counts what each client holds: its connections and, through proxies, its requests and WebSockets."""

    def __init__(self, most: int, is_proxy: Callable[[Any, int], bool], refused: Refused) -> None:
        """`is_proxy` is asked about the address and the family of a peer."""
        self._most = most
        self._is_proxy = is_proxy
        self._refused = refused
        self._held: dict[Hashable, str] = {}
        self._counts: Counter[str] = Counter()

    def admits(self, stream: Any, address: Any) -> bool:
        """Count a new connection; return False when it is one too many, and is not counted."""
        if address is OURSELVES or not isinstance(address, tuple) or self._is_proxy(address, stream.socket.family):
            return True
        return self._take(stream, address[0])

    def words_for_excess(self) -> bytes:
        """Return what a client gets whose connection was not admitted."""
        return last_answer(Kind.TOO_MANY_CONNECTIONS.status, _TOO_MANY)

    def ended(self, held: Hashable) -> None:
        """Forget a connection that has closed."""
        client = self._held.pop(held, None)
        if client is None:
            return
        self._counts[client] -= 1
        if not self._counts[client]:
            del self._counts[client]

    def __call__(
        self,
        exchange: Exchange,
        start_line: httputil.RequestStartLine,  # noqa: ARG002 - the protocol's name.
        headers: httputil.HTTPHeaders,  # noqa: ARG002 - the protocol's name.
    ) -> httputil.HTTPMessageDelegate | None:
        """As a front, count a request that a proxy brings."""
        context, stream = exchange.connection.context, exchange.connection.stream
        is_somebody = client_of(context) != UNIX_CLIENT and (context.remote_ip,) != tuple(context.address[:1])
        if stream in self._held or not is_somebody:
            return None
        if not self._take(exchange, context.remote_ip):
            kind = Kind.TOO_MANY_CONNECTIONS
            return Refusal(exchange.connection, kind.status, _TOO_MANY, sends_body=exchange.method != "HEAD")
        exchange.at_end = functools.partial(self._request_ended, exchange, stream)
        return None

    def _request_ended(self, exchange: Exchange, stream: Any) -> None:
        client = self._held[exchange]
        self.ended(exchange)
        if exchange.status == SWITCHING_PROTOCOLS and not stream.closed():
            # What began as a request lives on as a WebSocket.
            self._hold(stream, client)

    def _take(self, held: Hashable, address: str) -> bool:
        client = subscriber(address)
        if self._counts[client] >= self._most:
            self._refused.note(Kind.TOO_MANY_CONNECTIONS, address)
            return False
        self._hold(held, client)
        return True

    def _hold(self, held: Hashable, client: str) -> None:
        self._held[held] = client
        self._counts[client] += 1


def subscriber(address: str) -> str:
    """Return what clients are told apart by: of an IPv6 address the part that they have not chosen themselves."""
    # A link-local one comes with its interface.
    plain = plain_address(address.partition("%")[0])
    return str(ip_network((plain, _SUBSCRIBER), strict=False)) if ":" in plain else plain
