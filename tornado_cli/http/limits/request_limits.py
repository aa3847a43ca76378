"""The limits of requests and clients, as values."""

from tornado_cli.records import Record


class RequestLimits(Record, kw_only=True):
    """Sizes in bytes, times in seconds; 0 is no limit but Tornado's own."""

    header_size: int = 32 * 1024
    header_fields: int = 100
    uri_size: int = 8 * 1024
    body_size: int = 10 * 1024 * 1024
    """Of bodies that Tornado keeps whole in memory."""
    header_timeout: float = 20.0
    """From the accept until the first request's headers are there."""
    keep_alive: float = 75.0
    """From the end of an answer until the next request's headers are there."""
    body_timeout: float = 60.0
    """Without a step forward of a request's body, or of an answer's."""
    client_connections: int = 0
