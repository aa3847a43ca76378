"""What an access record is, and its shapes; written for a path that every request takes."""

import json
from collections.abc import Callable
from functools import lru_cache, partial
from typing import NamedTuple

from tornado_cli.logs.masking import mask_query, visible
from tornado_cli.logs.record import cut_text, iso_time, to_json_line

LOGGER = "tornado.access"
LINE_LIMIT = 16 * 1024
PATH_LIMIT = 8 * 1024
WORD_LIMIT = 256


class Access(NamedTuple):
    """One answered request; `path` as sent, `duration` in seconds, `size` in bytes."""

    time: float
    client: str
    method: str
    path: str
    status: int
    duration: float
    size: int
    request_id: str

    def masked(self) -> "Access":
        return self._replace(path=mask_query(self.path))

    def cut(self) -> "Access":
        """The same, no longer than a line may be."""
        return self._replace(
            path=cut_text(self.path, PATH_LIMIT),
            client=self.client[:WORD_LIMIT],
            method=self.method[:WORD_LIMIT],
            request_id=self.request_id[:WORD_LIMIT],
        )

    def to_plain(self, source: str) -> str:
        """`TIME ACCESS [worker 0] CLIENT METHOD PATH STATUS 1.2ms 512B REQUEST_ID`."""
        when, client, method, path, status, duration, size, request_id = self
        return visible(
            f"{iso_time(when)} ACCESS [{source}] {client} {method} {path} {status}"
            f" {duration * 1000:.1f}ms {size}B {request_id or '-'}"
        )

    def to_json(self, source: str, pid: int) -> str:
        """One line of JSON; there is no message, the parts say it."""
        when, client, method, path, status, duration, size, request_id = self
        foreign = f"{client}{method}{path}{request_id}"
        if not foreign.isprintable() or '"' in foreign or "\\" in foreign:
            return to_json_line(self.to_values(source, pid))
        # A third of what json.dumps costs; a test compares the two.
        return (
            f'{{"time": "{iso_time(when)}", "level": "info", "logger": "{LOGGER}", "source": {_quoted(source)},'
            f' "pid": {pid}, "event": "access", "client": "{client}", "method": "{method}", "path": "{path}",'
            f' "status": {status}, "duration_ms": {duration * 1000:.3f}, "size": {size},'
            f' "request_id": "{request_id}"}}'
        )

    def to_wire(self, source: str) -> str:
        return json.dumps([source, *self])

    @classmethod
    def from_wire(cls, text: str | bytes) -> tuple["Access", str]:
        """Record and source; TypeError or ValueError when it was something else."""
        source, *values = json.loads(text)
        return cls(*values), str(source)

    def to_values(self, source: str, pid: int) -> dict[str, object]:
        return {
            "time": iso_time(self.time),
            "level": "info",
            "logger": LOGGER,
            "source": source,
            "pid": pid,
            "event": "access",
            "client": self.client,
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "duration_ms": round(self.duration * 1000, 3),
            "size": self.size,
            "request_id": self.request_id,
        }


access_of: Callable[[tuple[float, str, str, str, int, float, int, str]], Access] = partial(tuple.__new__, Access)
"""Make one of its values in their order; calling the class would run Python once more for each request."""

_quoted = lru_cache(json.dumps)
