"""Which output gets a record, and in which shape."""

import time
from collections.abc import Iterable, Iterator
from typing import Protocol

from tornado_cli.logs.access import Access
from tornado_cli.logs.outputs import FileOutput, StreamOutput
from tornado_cli.logs.record import COMPANION, Record
from tornado_cli.logs.settings import LogFormat
from tornado_cli.logs.wire import Kind, unpack


class Shape(Protocol):
    """How records are shown; texts end with their line feed."""

    def record(self, record: Record) -> str: ...

    def access(self, row: Access, source: str) -> str: ...

    def overdue(self, now: float) -> str:
        """Say what was held back before `now` (monotonic)."""


class Lines:
    """Plain or JSON lines: nothing is held back."""

    def __init__(self, log_format: LogFormat) -> None:
        self._is_json = log_format is LogFormat.JSON

    def record(self, record: Record) -> str:
        return (record.to_json() if self._is_json else record.to_plain()) + "\n"

    def access(self, row: Access, source: str) -> str:
        return row.to_plain(source) + "\n"

    def overdue(self, now: float) -> str:  # noqa: ARG002 - the protocol's
        return ""


class Distribution:
    """Hands finished lines on and shapes records; an access file takes the access lines away from the rest."""

    def __init__(
        self,
        log_format: LogFormat,
        shape: Shape,
        stdout: StreamOutput,
        log_file: FileOutput | None,
        access_file: FileOutput | None,
    ) -> None:
        self._format = log_format
        self._shape = shape
        self._file_shape = Lines(log_format)
        self._stdout = stdout
        self._log_file = log_file
        self._access_file = access_file

    def take(self, datagram: bytes) -> None:
        """Pass one datagram on."""
        kind, body = unpack(datagram)
        match kind:
            case Kind.LOG_LINES:
                self._lines(body)
            case Kind.ACCESS_LINES:
                self._access_lines(body)
            case Kind.LOG_RECORDS:
                for entry in entries(body):
                    self.record(Record.from_wire(entry))
            case Kind.ACCESS_RECORDS:
                self._access_records([Access.from_wire(entry) for entry in entries(body)])

    def record(self, record: Record) -> None:
        self._stdout.put(encoded(self._shape.record(record)))
        if self._log_file:
            self._log_file.put(encoded(self._file_shape.record(record)))

    def announce(self, record: Record) -> None:
        """Tell of an output's own trouble: on stdout, or in the log file when nobody reads stdout any more."""
        if not self._stdout.is_gone:
            self._stdout.put(encoded(self._shape.record(record)))
        elif self._log_file:
            self._log_file.put(encoded(self._file_shape.record(record)))

    def printed(self, lines: Iterable[str], source: str, level: int, logger: str) -> None:
        """Show what was printed: of an application, in plain format, just that, for it may be a format of its own."""
        for line in lines:
            if self._format is LogFormat.PLAIN and logger != COMPANION:
                self._lines(encoded(line + "\n"))
            elif line:
                self.record(Record(time=time.time(), level=level, logger=logger, message=line, source=source))

    def tick(self, now: float) -> None:
        """Show what was held back and is due."""
        if due := self._shape.overdue(now):
            self._stdout.put(encoded(due))

    def _lines(self, data: bytes) -> None:
        self._stdout.put(data)
        if self._log_file:
            self._log_file.put(data)

    def _access_lines(self, data: bytes) -> None:
        if self._access_file:
            self._access_file.put(data)
        else:
            self._lines(data)

    def _access_records(self, rows: list[tuple[Access, str]]) -> None:
        target = self._access_file or self._log_file
        if target:
            target.put(encoded("".join(self._file_shape.access(row, source) for row, source in rows)))
        if not self._access_file:
            self._stdout.put(encoded("".join(self._shape.access(row, source) for row, source in rows)))


def entries(body: bytes) -> Iterator[bytes]:
    return (entry for entry in body.split(b"\n") if entry)


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
