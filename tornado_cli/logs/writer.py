"""The thread that writes what all processes log; nothing waits for it, it may wait for a terminal."""

import logging
import os
import select
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress

from tornado_cli.logs.distribution import Distribution, Lines, Shape
from tornado_cli.logs.losses import Losses
from tornado_cli.logs.outputs import FileOutput, Output, StreamOutput
from tornado_cli.logs.pipes import Pipe
from tornado_cli.logs.record import COMPANION, Record
from tornado_cli.logs.settings import LogFormat, LogSettings, resolve_format

SOCKET_BUFFER = 4 * 1024 * 1024
DATAGRAM_MAX = 1024 * 1024
DATAGRAMS_A_TURN = 64
WAKEUPS = 1024
IDLE_SECONDS = 1.0
LAST_WRITE_SECONDS = 0.5
"""One write that was begun before the deadline."""


class LogWriter:
    """Made before any child, for they inherit `sender_end()`; what is sent before `start` waits in the socket.

    Log files that cannot be opened are a UsageError here, before anything runs.
    """

    def __init__(self, settings: LogSettings, stdout_fd: int = 1, environ: Mapping[str, str] = os.environ) -> None:
        self.format = resolve_format(settings.format, is_terminal(stdout_fd), environ)
        self._stdout = StreamOutput(stdout_fd)
        log_file = FileOutput(settings.log_file, "--log-file") if settings.log_file else None
        access_file = FileOutput(settings.access_log_file, "--access-log-file") if settings.access_log_file else None
        self._files = [file for file in (log_file, access_file) if file]
        shape = shape_for(self.format, stdout_fd, environ)
        self._distribution = Distribution(self.format, shape, self._stdout, log_file, access_file)
        self._receiver, self._sender_end = datagram_pair()
        self._wakeup, self._waker = socket.socketpair()
        self._waker.setblocking(False)
        self._pipes: list[Pipe] = []
        outputs: list[Output] = [self._stdout, *self._files]
        self._losses = {output: Losses(output.name) for output in outputs}
        self._unreadable = 0
        self._reopen = threading.Event()
        self._deadline: float | None = None
        self._thread = threading.Thread(target=self._run, name="log writer", daemon=True)

    @property
    def lost(self) -> int:
        """Lines so far that one of the outputs did not get."""
        return self._unreadable + sum(output.lost for output in self._losses)

    def start(self) -> None:
        self._thread.start()

    def sender_end(self) -> socket.socket:
        """The end that every process of the tree sends to; always the same."""
        return self._sender_end

    def add_output(self, fd: int, source: str, level: int = logging.INFO) -> None:
        """Drain what an application prints, INFO for its stdout and more for its stderr; the descriptor is ours now."""
        self._pipes.append(Pipe(fd, source, level, "stdout" if level <= logging.INFO else "stderr"))
        self._wake()

    def add_companion(self, fd: int, name: str) -> None:
        """Drain what a companion prints: each line is a record with its name."""
        self._pipes.append(Pipe(fd, name, logging.INFO, COMPANION))
        self._wake()

    def reopen(self) -> None:
        """Follow the log files' paths anew, soon: they were rotated."""
        self._reopen.set()
        self._wake()

    def close(self, timeout: float = 5.0) -> None:
        """Write what has arrived, then end; the rest is given up after `timeout` seconds (a stopped terminal)."""
        if self._deadline is not None:
            return
        self._deadline = time.monotonic() + timeout
        if self._thread.is_alive():
            self._wake()
            self._thread.join(timeout + LAST_WRITE_SECONDS)
        else:
            self._release()

    def _wake(self) -> None:
        # Full: it is awake. Closed: nobody is there any more.
        with suppress(OSError):
            self._waker.send(b"\0")

    def _run(self) -> None:
        while self._deadline is None:
            self._turn(self._wait(self._timeout()))
        while self._turn(self._wait(0.0)) and time.monotonic() < self._deadline:
            pass
        self._finish(self._deadline)

    def _wait(self, timeout: float) -> set[int]:
        """Which descriptors can be worked on. A slow reader stops only the socket: nobody's print must block."""
        poller = select.poll()
        for fd in (self._wakeup.fileno(), *(pipe.fd for pipe in self._pipes)):
            poller.register(fd, select.POLLIN)
        if not self._stdout.is_full or self._deadline is not None:
            poller.register(self._receiver, select.POLLIN)
        if self._stdout.is_waiting:
            poller.register(self._stdout.fd, select.POLLOUT)
        return {fd for fd, _ in poller.poll(timeout * 1000)}

    def _timeout(self) -> float:
        now = time.monotonic()
        unfinished = [left for pipe in self._pipes if (left := pipe.time_left(now)) is not None]
        return min(unfinished, default=IDLE_SECONDS)

    def _turn(self, ready: set[int]) -> bool:
        """Do what can be done now; True when there may be more to read."""
        if self._wakeup.fileno() in ready:
            self._wakeup.recv(WAKEUPS)
        if self._reopen.is_set():
            self._reopen.clear()
            for file in self._files:
                file.reopen()
        has_printed = self._read_pipes(ready)
        has_more = self._receiver.fileno() in ready and self._receive()
        if self._stdout.fd in ready:
            self._stdout.push()
        now = time.monotonic()
        self._distribution.tick(now)
        self._tell_losses(now)
        return has_printed or has_more

    def _receive(self) -> bool:
        for _ in range(DATAGRAMS_A_TURN):
            if self._stdout.is_full and self._deadline is None:
                break
            try:
                datagram = self._receiver.recv(DATAGRAM_MAX, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return False
            try:
                self._distribution.take(datagram)
            except Exception:  # noqa: BLE001 - whatever a process sends, the others must still be heard
                self._unreadable += 1
        return True

    def _read_pipes(self, ready: set[int]) -> bool:
        now = time.monotonic()
        has_read = False
        for pipe in tuple(self._pipes):
            if pipe.fd in ready:
                has_read = True
                self._print(pipe, pipe.read())
                if not pipe.is_open:
                    self._pipes.remove(pipe)
            elif pipe.time_left(now) == 0:
                self._print(pipe, pipe.rest())
        return has_read

    def _print(self, pipe: Pipe, lines: list[str]) -> None:
        if self._stdout.is_full:
            self._stdout.lost += len(lines)
        else:
            self._distribution.printed(lines, pipe.source, pipe.level, pipe.logger)

    def _tell_losses(self, now: float) -> None:
        if self._stdout.is_full:
            return
        for output, losses in self._losses.items():
            if news := losses.news(output.lost, output.trouble, now):
                self._distribution.announce(own_record(news))

    def _finish(self, deadline: float) -> None:
        for pipe in self._pipes:
            self._print(pipe, pipe.rest())
            pipe.close()
        self._distribution.tick(float("inf"))
        poller = select.poll()
        poller.register(self._stdout.fd, select.POLLOUT)
        while self._stdout.is_waiting and poller.poll(max(0.0, deadline - time.monotonic()) * 1000):
            self._stdout.push()
        self._release()

    def _release(self) -> None:
        for file in self._files:
            file.close()
        for end in (self._receiver, self._sender_end, self._wakeup, self._waker):
            end.close()


def own_record(message: str) -> Record:
    return Record(
        time=time.time(),
        level=logging.WARNING,
        logger=__name__,
        message=message,
        source="log",
        pid=os.getpid(),
        event="lost",
    )


def shape_for(log_format: LogFormat, fd: int, environ: Mapping[str, str]) -> Shape:
    if log_format is not LogFormat.RICH:
        return Lines(log_format)
    # Only here: a server in a container never pays for it.
    from tornado_cli.logs.render import Painter

    return Painter(lambda: columns_of(fd, environ), environ)


def columns_of(fd: int, environ: Mapping[str, str]) -> int:
    """The terminal's width now; what COLUMNS says, or 80, when it is none or does not know."""
    with suppress(OSError):
        if columns := os.get_terminal_size(fd).columns:
            return columns
    said = environ.get("COLUMNS", "")
    return int(said) if said.isdecimal() and int(said) else 80


def is_terminal(fd: int) -> bool:
    # False for a closed one too.
    return os.isatty(fd)


def datagram_pair() -> tuple[socket.socket, socket.socket]:
    """Receiver and sender, with as much room between them as the system grants."""
    receiver, sender = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    for end in (receiver, sender):
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            # Linux grants less than asked for in silence, macOS refuses.
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, option, SOCKET_BUFFER)
    return receiver, sender
