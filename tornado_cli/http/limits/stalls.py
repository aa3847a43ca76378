"""Connections that stand still for too long are ended: with an answer where one is awaited, else without a word."""

from collections.abc import Collection, Container, Iterator, Mapping
from typing import Any

from tornado_cli.http.exchange import Exchange, client_of, has_pending
from tornado_cli.http.limits.patience import Patience, Standing, Waiting
from tornado_cli.http.limits.request_limits import RequestLimits
from tornado_cli.http.refusals.answers import Refusal, last_answer
from tornado_cli.http.refusals.kinds import Kind
from tornado_cli.http.refusals.refused import Refused

_TOO_SLOW = "This request has not come in time."
_TLS = "This port speaks plain HTTP, not HTTPS."
_HANDSHAKE = b"\x16\x03"
"""How TLS begins."""


class Stalls:
    """Looks at the connections of one server."""

    def __init__(self, limits: RequestLimits, refused: Refused) -> None:
        self._patience = Patience(limits)
        self._refused = refused

    @property
    def pause(self) -> float:
        """Seconds until the next look."""
        return self._patience.pause

    def look(self, exchanges: Mapping[Any, Exchange], fresh: Collection[Any], now: float) -> None:
        """End those that have stood still; `fresh` are connections that have not had an answer yet."""
        for connection in fresh:
            exchange = exchanges[connection]
            # A body may begin like that, too.
            if exchange.is_awaited(connection.stream) and _speaks_tls(connection.stream):
                self._refuse(connection, exchange, Kind.MALFORMED_REQUEST, _TLS)
        for connection, waiting in self._patience.exhausted(_standings(exchanges, fresh), now):
            self._end(connection, exchanges[connection], waiting)

    def _end(self, connection: Any, exchange: Exchange, waiting: Waiting) -> None:
        stream, client = connection.stream, client_of(connection.context)
        if waiting is Waiting.BODY:
            self._refused.note(Kind.SLOW_BODY, client, exchange.path)
            if not exchange.status:
                sends_body = exchange.method != "HEAD"
                Refusal(exchange.connection, Kind.SLOW_BODY.status, _TOO_SLOW, sends_body=sends_body).answer()
                return
        elif waiting is Waiting.READER:
            self._refused.note(Kind.SLOW_READER, client, exchange.path)
        # Not by its class: where no TLS is spoken, nothing of it is imported.
        elif getattr(stream.socket, "is_shaking", False):
            self._refused.note(Kind.SLOW_HANDSHAKE, client)
        elif has_pending(stream):
            self._refuse(connection, exchange, Kind.SLOW_HEADERS, _TOO_SLOW)
            return
        stream.close()

    def _refuse(self, connection: Any, exchange: Exchange, kind: Kind, text: str) -> None:
        """Answer what is no request yet, and close."""
        self._refused.note(kind, client_of(connection.context), text)
        exchange.last_words = last_answer(kind.status, text)
        connection.stream.close()


def _standings(exchanges: Mapping[Any, Exchange], fresh: Container[Any]) -> Iterator[tuple[Any, Standing]]:
    for connection, exchange in exchanges.items():
        stream = connection.stream
        if exchange.is_refused or stream.closed():
            continue
        if not exchange.busy:
            waiting = Waiting.FIRST_REQUEST if connection in fresh else Waiting.NEXT_REQUEST
            yield connection, Standing(waiting, exchange, int(not exchange.is_awaited(stream)))
        elif stream.writing() and (sent := _sent(stream)) is not None:
            yield connection, Standing(Waiting.READER, exchange, sent)
        elif stream.reading() and not exchange.is_read:
            yield connection, Standing(Waiting.BODY, exchange, exchange.received)
        else:
            yield connection, Standing(Waiting.APPLICATION, exchange, 0)


def _speaks_tls(stream: Any) -> bool:
    """Say whether a handshake has come where a request was awaited."""
    # Tornado has no public way to ask for what it has read.
    return not stream.closed() and bool(getattr(stream, "_read_buffer", b"").startswith(_HANDSHAKE))


def _sent(stream: Any) -> int | None:
    """Return the bytes that the system has taken of a stream; Tornado has no public way to ask."""
    sent: int | None = getattr(stream, "_total_write_done_index", None)
    return sent
