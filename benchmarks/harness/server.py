"""`tcli run` as its users have it: a process of its own, watched by the events that it logs."""

import contextlib
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from harness.client import HOST
from harness.process_tree import (
    descendants,
    end,
    process,
    reap_orphans,
    wait_until_all_ended,
    wait_until_ended,
)
from harness.project import project_folder

DEADLINE = 30.0
"""Seconds; only what is broken comes near it."""
# What the shell that starts a benchmark has set must not reach the server.
_FOREIGN = ("TCLI_", "PORT", "WEB_CONCURRENCY", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE", "NOTIFY_SOCKET", "LISTEN_")

Event = Mapping[str, Any]


class ServerError(Exception):
    """The server did not do what every benchmark depends on."""


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}


@functools.cache
def has_option(option: str) -> bool:
    """Say whether `tcli run` knows an option; a benchmark of one that is missing fails with that reason."""
    command = [sys.executable, "-m", "tornado_cli", "run", "--help"]
    return (
        option
        in subprocess.run(command, capture_output=True, text=True, check=True, cwd=project_folder()).stdout.split()
    )


def options(**wanted: object) -> list[str]:
    """Return those of the wanted options that there are, as arguments."""
    arguments: list[str] = []
    for name, value in wanted.items():
        option = "--" + name.replace("_", "-")
        if has_option(option):
            arguments += [option, str(value)]
    return arguments


class Server:
    """`tcli run` in a session of its own; nothing of it is left when the block ends."""

    def __init__(self, app: str, *arguments: str, workers: int = 2) -> None:
        command = [sys.executable, "-m", "tornado_cli", "run", app, "--port", "0", "--log-format", "json"]
        self._command = [*command, "--workers", str(workers), *arguments]
        self._events: list[Event] = []
        self._said: list[str] = []
        self._arrived = threading.Condition()
        self._others: set[int] = set()

    def __enter__(self) -> Self:
        self._others = {one.pid for one in descendants()}
        self.started_at = time.monotonic()
        self._process = subprocess.Popen(
            self._command,
            cwd=project_folder(),
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._readers = [threading.Thread(target=read, daemon=True) for read in (self._read_events, self._read_errors)]
        for reader in self._readers:
            reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self.send(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
        deadline = time.monotonic() + DEADLINE
        while (left := self.tree()) and time.monotonic() < deadline:
            end(left)
            wait_until_all_ended([one.pid for one in left], 1)
            self._process.poll()
            reap_orphans([self._process.pid])
        self._process.wait(DEADLINE)
        for reader in self._readers:
            reader.join(DEADLINE)
        for pipe in (self._process.stdout, self._process.stderr):
            assert pipe is not None
            pipe.close()

    # What it says.

    def _read_events(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            # Cheaper than parsing: of thousands of access lines nobody asks for one.
            if b'"event": "access"' in line:
                continue
            try:
                event: Event = json.loads(line)
            except ValueError:
                event = {"printed": line.decode(errors="backslashreplace")}
            with self._arrived:
                self._events.append(event)
                self._arrived.notify_all()
        with self._arrived:
            self._arrived.notify_all()

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._said.append(line.decode(errors="backslashreplace"))

    def bookmark(self) -> int:
        """Return a place in the stream of events: `after` of what is waited for."""
        with self._arrived:
            return len(self._events)

    def seen(self, name: str, *, after: int = 0, **fields: object) -> list[Event]:
        """Return the events of a name (any, when empty) with these fields that have come by now."""
        wanted = {"event": name, **fields} if name else fields
        return [one for one in self._events[after:] if all(one.get(key) == value for key, value in wanted.items())]

    def wait_for(
        self, name: str, *, after: int = 0, count: int = 1, deadline: float = DEADLINE, **fields: object
    ) -> Event:
        """Return the last of the first `count` such events as soon as it has come."""
        with self._arrived:
            self._arrived.wait_for(
                lambda: len(self.seen(name, after=after, **fields)) >= count or not self._readers[0].is_alive(),
                deadline,
            )
            found = self.seen(name, after=after, **fields)
        if len(found) < count:
            raise ServerError(f"waited for {count} x {name} {fields or ''}, saw {len(found)}\n{self.told()}")
        return found[count - 1]

    def wait_until_ready(self) -> int:
        """Return the port when the first generation serves."""
        self.wait_for("ready", generation=1)
        return self.port

    def told(self, last: int = 40) -> str:
        """Return the last of what it said, for a failure."""
        return "".join([*(json.dumps(one) + "\n" for one in self._events[-last:]), *self._said[-last:]])

    def everything_said(self) -> str:
        """Return all words of all events but access lines: tracebacks and dumps are in them, line by line."""
        texts = [value for one in self._events for value in one.values() if isinstance(value, str)]
        return "\n".join([*texts, *self._said])

    # What it is.

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def port(self) -> int:
        return int(self.wait_for("listening")["port"])

    def workers(self) -> list[int]:
        """Return the pids of the workers that have said that they serve and are alive, newest generation only."""
        told = self.seen("worker_ready")
        newest = max((one["generation"] for one in told), default=0)
        pids = [int(one["worker"]) for one in told if one["generation"] == newest]
        return [pid for pid in pids if (one := process(pid)) is not None and one.is_alive]

    def leader(self) -> int:
        """Return the pid of the leader of the newest generation."""
        worker = process(self.workers()[0])
        assert worker is not None
        return worker.parent

    def tree(self) -> list[Any]:
        """Return every living process that came of it, orphans among them."""
        return [one for one in descendants() if one.pid not in self._others]

    # What one does with it.

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def reload(self, deadline: float = DEADLINE) -> float:
        """Reload and return the seconds until the next generation serves and the last one has left."""
        began, place = time.monotonic(), self.bookmark()
        self.send(signal.SIGHUP)
        self.wait_for("ready", after=place, deadline=deadline)
        self.wait_for("generation_left", after=place, deadline=deadline)
        return time.monotonic() - began

    def wait_for_exit(self, deadline: float = DEADLINE) -> int | None:
        """Return the exit code, or None when it does not end."""
        try:
            return self._process.wait(deadline)
        except subprocess.TimeoutExpired:
            return None

    def wait_until_nothing_is_left(self, seconds: float) -> list[int]:
        """Return the pids that are still there after so many seconds."""
        deadline = time.monotonic() + seconds
        while (left := self.tree()) and time.monotonic() < deadline:
            wait_until_ended(left[0].pid, deadline - time.monotonic())
            reap_orphans([self._process.pid])
        return [one.pid for one in self.tree()]


def seconds_until_port_is_free(port: int, limit: float) -> float | None:
    """Return when another server could listen there, or None when nobody could within `limit` seconds."""
    began = time.monotonic()
    while time.monotonic() - began < limit:
        with socket.socket() as probe:
            # What TIME_WAIT holds is nobody's.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind((HOST, port))
                probe.listen()
                return time.monotonic() - began
        time.sleep(0.005)
    return None
