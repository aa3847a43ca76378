"""The kinds of requests that are refused: by which they are answered, counted and told of."""

from enum import Enum


class Kind(Enum):
    """What the log calls it; the status of the answer, 0 where none can be given; which option set the limit."""

    MALFORMED_REQUEST = ("A request that cannot be understood", 400, "")
    SLOW_HEADERS = ("A request that was not complete in time", 408, "--header-timeout")
    SLOW_BODY = ("A request whose body stood still", 408, "--body-timeout")
    SLOW_READER = ("A client that does not read its answer", 0, "--body-timeout")
    BODY_TOO_LARGE = ("A request with too large a body", 413, "--max-body-size")
    URI_TOO_LONG = ("A request with too long a target", 414, "--max-uri-size")
    HEADERS_TOO_LARGE = ("A request with too large a header block", 431, "--max-header-size")
    TOO_MANY_FIELDS = ("A request with too many header fields", 431, "--max-header-fields")
    TOO_MANY_CONNECTIONS = ("A client with too many connections", 503, "--max-client-connections")
    MISDIRECTED = ("A request for another host", 421, "--allowed-hosts")
    MISLEADING = ("A request of which its proxy says what cannot be", 400, "--trusted-proxies")
    PLAIN_HTTP = ("Plain HTTP on a port that speaks HTTPS", 400, "")
    HANDSHAKE_FAILED = ("A client without a TLS handshake", 0, "")
    SLOW_HANDSHAKE = ("A client that stood still in a TLS handshake", 0, "--header-timeout")
    UNINTRODUCED = ("A connection without a PROXY header", 0, "--proxy-protocol")

    def __init__(self, what: str, status: int, flag: str) -> None:
        self.what = what
        self.status = status
        self.flag = flag

    @property
    def limits(self) -> bool:
        """Whether somebody may need what was refused: another setting, here or of the proxy, would let it pass."""
        return self.flag.startswith(("--max", "--trusted"))
