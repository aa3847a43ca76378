"""Clients that go before their answer is sent: no fault of the application, so no traceback of it."""

import logging

from tornado.httputil import HTTPServerRequest
from tornado.iostream import StreamClosedError


class Departures(logging.Filter):
    """Takes Tornado's record away of a handler that failed because its own client has gone; the access line tells."""

    def __init__(self) -> None:
        super().__init__()
        logging.getLogger("tornado.application").addFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep what failed for any other reason: also because of another connection than the client's."""
        if not record.exc_info or not isinstance(record.exc_info[1], StreamClosedError):
            return True
        requests = [one for one in record.args or () if isinstance(one, HTTPServerRequest)]
        return not any(_has_gone(request) for request in requests)


def _has_gone(request: HTTPServerRequest) -> bool:
    stream = getattr(request.connection, "stream", None)
    return stream is not None and bool(stream.closed())
