"""What is noted of one request while it is answered; stored as it came, and masked only where it is shown."""

import math
import os
import time
from collections import deque
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

MOST_LINES = 200
"""Log lines kept of a request: the last."""
MOST_MARKS = 20
LONGEST_TEXT = 16 * 1024
"""Characters of a log line or a traceback."""
_LATE = 0.1
"""Seconds after its end in which it is found that something was held for so long."""

Headers = list[tuple[str, str]]


class Body:
    """The beginning of a body, and how much there was."""

    def __init__(self, limit: int) -> None:
        self.size = 0
        self._limit = limit
        self._kept = bytearray()

    def add(self, chunk: bytes) -> None:
        self.size += len(chunk)
        room = self._limit - len(self._kept)
        if room > 0:
            self._kept += chunk[:room]

    def to_text(self) -> str:
        """Return what was kept, a character a byte."""
        return self._kept.decode("latin-1")


class Notes:
    """Filled by whoever sees something of the request, in any thread; read in the loop's."""

    number = 0
    """In the store; 0 while it is not there."""
    status = 0
    duration: float | None = None
    """Seconds until the answer was sent whole, or the WebSocket closed; None until then."""
    first_byte: float | None = None
    """Seconds until the answer began."""
    handler = function = file = ""
    line = 0
    again_of = 0
    """Number of the request of which this one was made again."""
    is_traced = False

    REQUEST_BODY = 32 * 1024
    """Bytes that are kept: what is longer can be shown in part, and not sent again."""
    ANSWER_BODY = 32 * 1024

    def __init__(self, method: str, path: str, headers: Headers) -> None:
        self.request_id = ""
        self.began = time.time()
        self._began_at = time.perf_counter()
        self.method, self.path = method, path
        self.client = ""
        self.server: list[Any] = []
        """The address that it came to."""
        self.is_tls = False
        self.request_headers = headers
        self.request_body = Body(self.REQUEST_BODY)
        self.answer_headers: Headers = []
        self.answer_body = Body(self.ANSWER_BODY)
        self.logs: deque[dict[str, Any]] = deque(maxlen=MOST_LINES)
        self.lines = 0
        """How many there were."""
        self.exceptions: list[dict[str, Any]] = []
        self.marks: list[dict[str, Any]] = []
        """When the loop was held, by this request or while it waited."""
        self.awaits: list[dict[str, Any]] = []

    def elapsed(self) -> float:
        return time.perf_counter() - self._began_at

    def was_running(self, since: float, until: float) -> bool:
        """Say whether it was answered all the while between two moments of the performance counter."""
        ended_at = math.inf if self.duration is None else self._began_at + self.duration
        return self._began_at <= since and until <= ended_at + _LATE

    def answer_begins(self, status: int, headers: Iterable[tuple[str, str]]) -> None:
        self.status = status
        self.answer_headers = list(headers)
        if self.first_byte is None:
            self.first_byte = self.elapsed()

    def log(self, level: str, logger: str, message: str) -> None:
        self.lines += 1
        line = {"at": self.elapsed(), "level": level, "logger": logger, "message": message[:LONGEST_TEXT]}
        self.logs.append(line)

    def ended(self) -> None:
        self.duration = self.elapsed()

    def summary(self) -> dict[str, Any]:
        """Return what a list shows of it."""
        return {
            "pid": os.getpid(),
            "began": self.began,
            "duration": self.duration,
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "handler": self.handler,
            "file": self.file,
            "line": self.line,
            "again_of": self.again_of,
            "is_traced": self.is_traced,
            "lines": self.lines,
            "failures": len(self.exceptions),
            "marks": self.marks[-MOST_MARKS:],
        }

    def details(self) -> dict[str, Any]:
        """Return what is told of it besides."""
        return {
            "request_id": self.request_id,
            "first_byte": self.first_byte,
            "client": self.client,
            "server": self.server,
            "is_tls": self.is_tls,
            "function": self.function,
            "request_headers": self.request_headers,
            "request_body": self.request_body.to_text(),
            "request_size": self.request_body.size,
            "answer_headers": self.answer_headers,
            "answer_body": self.answer_body.to_text(),
            "answer_size": self.answer_body.size,
            "logs": list(self.logs),
            "exceptions": self.exceptions,
            "awaits": self.awaits,
        }


CURRENT: ContextVar[Notes | None] = ContextVar("tcli_request", default=None)
"""The request for which code is run: it goes wherever asyncio carries contexts, to tasks, callbacks and threads."""
