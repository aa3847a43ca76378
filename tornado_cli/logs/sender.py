"""A process's way to the log writer: batched when it may be, at once when it must be, never waiting."""

import logging
import os
import socket
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tornado_cli.logs.access import LINE_LIMIT as ACCESS_LIMIT
from tornado_cli.logs.access import Access, access_of
from tornado_cli.logs.allowance import Allowance
from tornado_cli.logs.outbox import Outbox
from tornado_cli.logs.record import LINE_LIMIT, Record
from tornado_cli.logs.settings import LogFormat
from tornado_cli.logs.wire import Kind, pack

if TYPE_CHECKING:
    import asyncio

BATCH_SECONDS = 0.05
BATCH_ROWS = 200
BATCH_LINES = 250
REPORT_SECONDS = 1.0
LAST_WORDS = 2.0
"""Seconds that the end of a process waits for its log to be written."""
STDERR = 2
MAX_BYTES = 4
"""Of one character in UTF-8."""


class LogSender:
    """Takes records from `logging` (`handler`) and requests (`access`), and sends them as datagrams.

    Without `attach` everything is sent at once: the processes that only fork have no loop.
    """

    def __init__(self, end: socket.socket, format: str, source: str, *, access_log: bool = True) -> None:  # noqa: A002 - the option's name
        self.handler = _Handler(self)
        self._lock = threading.RLock()
        self._outbox: Outbox | None = Outbox(end)
        self._format = LogFormat(format)
        self._source = source
        self._access_log = access_log
        self._pid = os.getpid()
        self._rows: list[Access] = []
        self._lines: list[str] = []
        self._lines_since = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loop_thread = 0
        self._timer: asyncio.TimerHandle | None = None
        self._allowance = Allowance()
        self._refused = 0
        self._reported_at = 0.0

    @property
    def dropped(self) -> int:
        """Records that were lost and are not reported yet."""
        return self._refused + (self._outbox.dropped if self._outbox else 0)

    def attach(self, loop: "asyncio.AbstractEventLoop") -> None:
        """Batch from now on; to be called in the thread that runs `loop`."""
        self._loop = loop
        self._loop_thread = threading.get_ident()
        self._timer = None

    def detach(self) -> None:
        """In a child that user code forked: the batch is the parent's to send, records go to stderr as plain lines."""
        # The thread that held it may not exist here.
        self._lock = threading.RLock()
        self._rows, self._lines = [], []
        self._loop = self._timer = None
        self._format = LogFormat.PLAIN
        if self._outbox:
            self._outbox.forget()
            self._outbox = None

    def access(
        self, client: str, method: str, path: str, status: int, duration: float, size: int, request_id: str
    ) -> None:
        """Log one answered request; `path` as sent, `duration` in seconds. Only from the loop's thread."""
        if not self._access_log:
            return
        rows = self._rows
        rows.append(access_of((time.time(), client, method, path, status, duration, size, request_id)))
        if self._timer is None:
            self._send_later()
        elif len(rows) >= BATCH_ROWS:
            self._send_batches()

    def admits(self, record: logging.LogRecord) -> bool:
        """Count a record against the storm limit, before anything is spent on it."""
        if self._allowance.admits(record.levelno, record.created):
            return True
        self._refused += 1
        self._try_again_later()
        return False

    def take(self, record: logging.LogRecord) -> None:
        """Send a record, or put it with the others that go soon."""
        entry = finished(Record.from_logging(record, self._source), self._format)
        with self._lock:
            if self._outbox is None:
                os.write(STDERR, entry.encode() + b"\n")
            elif record.levelno >= logging.WARNING or not self._in_loop():
                self._send_batches()
                self._send(self._log_kind, [entry], keep=record.levelno >= logging.WARNING)
                self._report()
                self._try_again_later()
            else:
                self._gather(entry, record.created)

    def flush(self, timeout: float = 1.0) -> bool:
        """Send everything, waiting for room at most `timeout` seconds; True when nothing was left behind."""
        with self._lock:
            if self._outbox is None:
                return True
            deadline = time.monotonic() + timeout
            self._send_batches(keep=True)
            self._outbox.resend_until(deadline)
            self._report(is_last=True)
            return self._outbox.resend_until(deadline) and not self.dropped

    def _gather(self, entry: str, now: float) -> None:
        if not self._lines:
            self._lines_since = now
        self._lines.append(entry)
        # A loop that is blocked runs no timer.
        if len(self._lines) >= BATCH_LINES or now - self._lines_since > BATCH_SECONDS:
            self._send_batches()
        elif self._timer is None:
            self._send_later()

    def _in_loop(self) -> bool:
        return self._loop is not None and not self._loop.is_closed() and threading.get_ident() == self._loop_thread

    def _send_later(self) -> None:
        if self._loop is not None and self._in_loop():
            self._timer = self._loop.call_later(BATCH_SECONDS, self._tick)
        else:
            self._send_batches()

    def _tick(self) -> None:
        with self._lock:
            self._timer = None
            if self._outbox:
                self._outbox.resend()
            self._send_batches()
            self._report()
            self._try_again_later()

    def _try_again_later(self) -> None:
        """See that what was kept is sent and what was dropped is told, though nothing more may be logged."""
        is_done = not self._outbox or (self._outbox.is_clear and not self.dropped)
        if not is_done and self._timer is None and self._in_loop():
            self._send_later()

    def _send_batches(self, *, keep: bool = False) -> None:
        with self._lock:
            # `access` appends without the lock: its list is taken only where it runs.
            if self._rows and (self._loop is None or threading.get_ident() == self._loop_thread):
                rows, self._rows = self._rows, []
                entries = finished_rows(rows, self._format, self._source, self._pid)
                self._send(self._access_kind, entries, keep=keep)
            if self._lines:
                lines, self._lines = self._lines, []
                self._send(self._log_kind, lines, keep=keep)

    def _send(self, kind: Kind, entries: Sequence[str], *, keep: bool) -> None:
        if self._outbox:
            for datagram in pack(kind, entries):
                self._outbox.put(datagram, keep=keep)

    def _report(self, *, is_last: bool = False) -> None:
        """Say how many records were lost, once there is room to say it."""
        now = time.time()
        lost = self.dropped
        if not lost or not self._outbox or not (is_last or now - self._reported_at >= REPORT_SECONDS):
            return
        self._reported_at = now
        report = Record(
            time=now,
            level=logging.WARNING,
            logger=__name__,
            message=f"{lost} log {'line was' if lost == 1 else 'lines were'} dropped",
            source=self._source,
            pid=self._pid,
            event="dropped",
            fields={"count": lost},
        )
        [datagram] = pack(self._log_kind, [finished(report, self._format)])
        before = self._outbox.dropped
        self._outbox.put(datagram, keep=is_last)
        if self._outbox.dropped == before:
            self._refused = self._outbox.dropped = 0
        else:
            # The report itself is no record that anybody wrote.
            self._outbox.dropped = before

    @property
    def _log_kind(self) -> Kind:
        return Kind.LOG_RECORDS if self._format is LogFormat.RICH else Kind.LOG_LINES

    @property
    def _access_kind(self) -> Kind:
        return Kind.ACCESS_RECORDS if self._format is LogFormat.RICH else Kind.ACCESS_LINES


class _Handler(logging.Handler):
    """The only handler of the root logger."""

    def __init__(self, sender: LogSender) -> None:
        super().__init__()
        self._sender = sender

    def handle(self, record: logging.LogRecord) -> bool:
        return self._sender.admits(record) and bool(super().handle(record))

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._sender.take(record)
        except Exception:  # noqa: BLE001 - what a record's arguments raise is theirs; logging shows it
            self.handleError(record)


def finished(record: Record, log_format: LogFormat) -> str:
    """The record in the shape it travels in, cut when it is huge."""
    keep = LINE_LIMIT
    entry = shaped(record if record.is_shorter_than(keep) else record.cut(keep), log_format)
    while keep and len(entry) > LINE_LIMIT // MAX_BYTES and len(entry.encode()) > LINE_LIMIT:
        keep //= 2
        entry = shaped(record.cut(keep), log_format)
    return entry


def shaped(record: Record, log_format: LogFormat) -> str:
    match log_format:
        case LogFormat.RICH:
            return record.to_wire()
        case LogFormat.JSON:
            return record.to_json()
        case _:
            return record.to_plain()


def finished_rows(rows: Sequence[Access], log_format: LogFormat, source: str, pid: int) -> list[str]:
    """The same for access records; no word of a secret leaves the process."""
    entries = shaped_rows([row.masked() if "?" in row.path else row for row in rows], log_format, source, pid)
    if max(map(len, entries)) <= ACCESS_LIMIT:
        return entries
    return shaped_rows([row.masked().cut() for row in rows], log_format, source, pid)


def shaped_rows(rows: Sequence[Access], log_format: LogFormat, source: str, pid: int) -> list[str]:
    match log_format:
        case LogFormat.RICH:
            return [row.to_wire(source) for row in rows]
        case LogFormat.JSON:
            return [row.to_json(source, pid) for row in rows]
        case _:
            return [row.to_plain(source) for row in rows]
