"""The limits of a request's size: of target, header fields and body. The block of its headers Tornado measures."""

from tornado import httputil

from tornado_cli.http.exchange import Exchange, client_of
from tornado_cli.http.limits.bodies import LimitedBody, may_be_larger
from tornado_cli.http.limits.request_limits import RequestLimits
from tornado_cli.http.refusals.answers import Refusal
from tornado_cli.http.refusals.kinds import Kind
from tornado_cli.http.refusals.refused import Refused
from tornado_cli.http.streams import head_of

_NOT_FIELDS = 2
"""Lines of a header block that are no fields: the first and the last."""
_TORNADOS_BUFFER = 100 * 1024 * 1024
"""What an application gets that sets no `max_buffer_size`."""


class SizeLimits:
    """As a front, the last one, what refuses a request that is too large."""

    def __init__(self, limits: RequestLimits, refused: Refused) -> None:
        self._limits = limits
        self._uri_size = limits.uri_size or float("inf")
        self._lines = limits.header_fields + _NOT_FIELDS if limits.header_fields else float("inf")
        self._refused = refused

    def __call__(
        self, exchange: Exchange, start_line: httputil.RequestStartLine, headers: httputil.HTTPHeaders
    ) -> httputil.HTTPMessageDelegate | None:
        connection = exchange.connection
        if len(start_line[1]) > self._uri_size:
            text = f"The target of this request is longer than {told(self._limits.uri_size)}."
            return self._refusal(exchange, Kind.URI_TOO_LONG, text)
        if head_of(connection.stream).count(b"\n") > self._lines:
            text = f"This request has more than {self._limits.header_fields} header fields."
            return self._refusal(exchange, Kind.TOO_MANY_FIELDS, text)
        body_size = self._limits.body_size
        if body_size and may_be_larger(headers, body_size) and not _has_its_own_limit(connection):
            return LimitedBody(connection, exchange.inner, body_size, lambda: self._refuse_body(exchange))
        return None

    def _refuse_body(self, exchange: Exchange) -> None:
        text = f"The body of this request is larger than {told(self._limits.body_size)}."
        self._refusal(exchange, Kind.BODY_TOO_LARGE, text).answer()

    def _refusal(self, exchange: Exchange, kind: Kind, text: str) -> Refusal:
        self._refused.note(kind, client_of(exchange.connection.context), text)
        text = f"{text} That is the most this server takes ({kind.flag})."
        return Refusal(exchange.connection, kind.status, text, sends_body=exchange.method != "HEAD")


def _has_its_own_limit(connection: object) -> bool:
    """Say whether the application has made its server with a limit of bodies."""
    params, stream = connection.params, connection.stream  # type: ignore[attr-defined]
    return params.max_body_size is not None or stream.max_buffer_size != _TORNADOS_BUFFER


def told(size: int) -> str:
    """Return a size for people: `10 MiB`."""
    for unit, name in ((1024 * 1024, "MiB"), (1024, "KiB")):
        if size >= unit and not size * 10 % unit:
            return f"{size / unit:g} {name}"
    return f"{size} bytes"
