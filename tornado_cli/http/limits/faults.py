"""Requests with which Tornado's own parser finds fault: answered as far as that can be, counted, and seldom told of."""

import logging
from typing import Any

from tornado.iostream import UnsatisfiableReadError

from tornado_cli.http.exchange import Exchange, client_of
from tornado_cli.http.limits.sizes import told
from tornado_cli.http.refusals.answers import last_answer
from tornado_cli.http.refusals.kinds import Kind
from tornado_cli.http.refusals.refused import Refused

_TORNADO = logging.getLogger("tornado.general")
_MALFORMED = "Malformed HTTP message from"
_OVERLONG = "Unsatisfiable read"
"""How Tornado's two records of it begin."""


class Faults(logging.Filter):
    """Stands in for what Tornado does, and says in a line each, about requests that it cannot read."""

    def __init__(self, refused: Refused) -> None:
        super().__init__()
        self._refused = refused
        self._detail = ""
        """What Tornado has said of the latest."""
        _TORNADO.addFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep Tornado's record, unless it is one of those."""
        text = str(record.msg)
        if text.startswith(_MALFORMED) and isinstance(record.args, tuple):
            self._detail = str(record.args[-1])
            return False
        return not text.startswith(_OVERLONG)

    def answer_to_malformed(self, exchange: Exchange) -> bytes:
        """Return what is sent of the 400 that Tornado is about to send: nothing behind an answer that has begun."""
        kind = Kind.MALFORMED_REQUEST
        detail, self._detail = self._detail, ""
        self._refused.note(kind, client_of(exchange.connection.context), detail)
        if exchange.status:
            return b""
        if exchange.busy:
            exchange.status = kind.status
        return last_answer(kind.status, "This request cannot be understood.")

    def answer_to_overlong(self, exchange: Exchange, stream: Any) -> bytes:
        """Return what is sent where Tornado closes a stream that has brought too much without the end it looked for."""
        if not isinstance(stream.error, UnsatisfiableReadError) or exchange.status:
            return b""
        if exchange.busy:
            # The length of a chunk.
            return self.answer_to_malformed(exchange)
        # Tornado has no public way to ask for what it has read.
        is_one_line = b"\n" not in getattr(stream, "_read_buffer", b"\n")
        kind = Kind.URI_TOO_LONG if is_one_line else Kind.HEADERS_TOO_LARGE
        what = "target" if is_one_line else "header block"
        text = f"The {what} of this request is larger than {told(exchange.connection.params.max_header_size)}."
        self._refused.note(kind, client_of(exchange.connection.context), text)
        return last_answer(kind.status, f"{text} That is the most this server takes ({kind.flag}).")
