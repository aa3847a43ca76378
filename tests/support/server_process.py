"""`tcli serve` and `tcli run` as their users have them: real processes, watched by the events that they log."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from support.connection import Answer, Connection
from support.own_address import own_address
from support.process_tree import living, wait_until_gone

DEADLINE = 20.0
"""Seconds; only broken code comes near it."""
TREE_MARK = "TCLI_TEST_TREE"
_OUR_CODE = f"{os.sep}tornado_cli{os.sep}"
# What the machine that runs the tests has set must not reach the server.
_FOREIGN = ("TCLI_", "PORT", "WEB_CONCURRENCY", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE", "NOTIFY_SOCKET", "LISTEN_")
_TERMINAL_WINDOW = "import pty, sys; pty.spawn(sys.argv[1:])"

Event = Mapping[str, Any]


class ServerProcess:
    """A server in a session of its own; nothing of it is left when the block ends.

    `forgives` are words of log records that would fail any other test: tracebacks of our own code. With `on_terminal`
    it has a controlling terminal, which closes when the process that stands in for its window is killed. `under` is
    what changes the conditions and then execs it: `prlimit --nofile=64`. With no `port` it is not told any. `flags`
    are those of the interpreter. With `alone` it listens on an address of its own, whose port nobody else takes.
    """

    def __init__(
        self,
        command: str,
        *arguments: str,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        port: int | None = 0,
        forgives: Sequence[str] = (),
        on_terminal: bool = False,
        under: Sequence[str] = (),
        inherits: Sequence[socket.socket] = (),
        flags: Sequence[str] = (),
        alone: bool = False,
    ) -> None:
        self.host = own_address() if alone else "127.0.0.1"
        self.mark = uuid.uuid4().hex
        self._forgives = forgives
        self._arguments = [sys.executable, *flags, "-m", "tornado_cli", command, "--log-format", "json"]
        self._arguments += [] if port is None else ["-p", str(port)]
        self._arguments += ["--host", self.host] if alone else []
        self._arguments += arguments
        if on_terminal:
            self._arguments = [sys.executable, "-c", _TERMINAL_WINDOW, *self._arguments]
        self._arguments = [*under, *self._arguments]
        self._inherits = [one.fileno() for one in inherits]
        self.folder = cwd
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)},
            "XDG_DATA_HOME": str(cwd / ".data"),
            TREE_MARK: self.mark,
            **(env or {}),
        }
        self._signalled: list[int] = []
        """What was there when it was last sent a signal."""
        self.events: list[Event] = []
        self.lines: list[str] = []
        """As they were written, without their ends."""
        self._said = ""
        self._arrived = threading.Condition()
        self._readers: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._arguments,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=self._inherits,
        )
        self._readers = [
            threading.Thread(target=self._read_events, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ended_by_itself = self._process.poll() is not None
        left = self.tree() if ended_by_itself else []
        self._end_tree()
        if kind is None:
            assert not left, f"{left} outlived the server\n{self.told()}"
            self._assert_no_fault_of_ours()

    def _end_tree(self) -> None:
        self._process.kill()
        self._process.wait()
        deadline = time.monotonic() + DEADLINE
        # The tree ends itself when its top has gone; what it forks meanwhile must not escape.
        while (left := self.tree()) and time.monotonic() < deadline:
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            wait_until_gone(left, deadline)
        for reader in self._readers:
            reader.join(DEADLINE)
        for pipe in (self._process.stdout, self._process.stderr):
            assert pipe is not None
            pipe.close()

    def _assert_no_fault_of_ours(self) -> None:
        faults = [text for text in self._texts() if _is_fault(text) and not any(one in text for one in self._forgives)]
        assert not faults, "\n".join(["our own code failed:", *faults, self.told()])

    def _texts(self) -> Iterable[str]:
        yield self._said
        # What a child printed comes line by line.
        yield "\n".join(str(event["message"]) for event in self.events if event.get("logger") == "stderr")
        for event in self.events:
            yield f"{event.get('message', '')}\n{event.get('traceback', '')}"

    # What it says.

    def _read_events(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            try:
                event = json.loads(line)
            except ValueError:
                # In `serve` the application has the real stdout.
                event = {"printed": line.decode(errors="backslashreplace").rstrip("\n")}
            with self._arrived:
                self.lines.append(line.decode(errors="backslashreplace").removesuffix("\n"))
                self.events.append(event)
                self._arrived.notify_all()
        with self._arrived:
            self._arrived.notify_all()

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._said += line.decode(errors="backslashreplace")

    def wait_for(self, name: str = "", **fields: object) -> Event:
        """Return the first event of that name with these fields, as soon as there is one."""
        wanted = {"event": name, **fields} if name else fields
        return self.wait_for_all(1, wanted)[0]

    def wait_for_reload_of(self, name: str, *, count: int = 1) -> Event:
        """Return the event of the first, or a later, reload that a change of the file of that name has caused."""

        def reloads() -> list[Event]:
            return [one for one in self._matching({"event": "reloaded"}) if any(map(is_it, one["files"]))]

        def is_it(file: str) -> bool:
            return Path(file).name == name

        with self._arrived:
            self._arrived.wait_for(lambda: len(reloads()) >= count or self._is_silent(), DEADLINE)
            found = reloads()
        assert len(found) >= count, f"waited for reload {count} of {name}\n{self.told()}"
        return found[count - 1]

    def wait_for_all(self, count: int, wanted: Mapping[str, object]) -> list[Event]:
        """Return all such events as soon as there are `count`."""
        with self._arrived:
            self._arrived.wait_for(lambda: len(self._matching(wanted)) >= count or self._is_silent(), DEADLINE)
            found = self._matching(wanted)
        assert len(found) >= count, f"waited for {count} of {dict(wanted)}\n{self.told()}"
        return found

    def seen(self, name: str, **fields: object) -> list[Event]:
        """Return the events of that name with these fields that have come by now."""
        with self._arrived:
            return self._matching({"event": name, **fields})

    def _matching(self, wanted: Mapping[str, object]) -> list[Event]:
        return [event for event in self.events if all(event.get(key) == value for key, value in wanted.items())]

    def _is_silent(self) -> bool:
        return not self._readers[0].is_alive() or threading.current_thread() is self._readers[0]

    @property
    def stderr(self) -> str:
        return self._said

    def told(self) -> str:
        """Everything that it has said, for a failure."""
        events = "\n".join(json.dumps(event) for event in self.events)
        return f"--- events\n{events}\n--- stderr\n{self._said}\n--- exit code {self._process.poll()}"

    # What it is.

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    @property
    def url(self) -> str:
        return str(self.wait_for("listening")["url"])

    @property
    def port(self) -> int:
        return int(self.wait_for("listening")["port"])

    def assert_port_is_free(self) -> None:
        """Fail when the port can still not be listened on; asked of a server that is `alone`."""
        with socket.create_server((self.host, self.port)):
            """It is free."""

    def tree(self) -> list[int]:
        """Return the pids of all that descends from it, wherever a process may have gone, without itself."""
        return [pid for pid in living(f"{TREE_MARK}={self.mark}") if pid != self.pid]

    # What one does with it.

    def connect(self) -> Connection:
        return Connection(self.port, tls=self.url.startswith("https"), host=self.host)

    def get(self, path: str = "/", **headers: str) -> Answer:
        """Ask on a connection of its own."""
        with self.connect() as connection:
            return connection.get(path, **headers)

    def send(self, number: signal.Signals) -> None:
        self._signalled = [self.pid, *self.tree()]
        self._process.send_signal(number)

    def wait_for_exit(self) -> int:
        """Return the exit code, when all it had to say is there to be read."""
        try:
            code = self._process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"It does not end.\n{self.told()}") from None
        for reader in self._readers:
            reader.join(DEADLINE)
        return code

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.send(number)
        return self.wait_for_exit()

    def wait_until_nothing_is_left(self, seconds: float = DEADLINE) -> None:
        """Fail when something of the tree, or the port, is still there after so many seconds."""
        deadline = time.monotonic() + seconds
        # One that is dying has lost its environment, but not yet its sockets.
        left = self._signalled
        while left:
            assert wait_until_gone(left, deadline), f"{left} are still there\n{self.told()}"
            left = self.tree()


def seconds_between(first: Event, then: Event) -> float:
    """Return the seconds from one event to another, by the log's clock."""
    began, ended = (datetime.fromisoformat(str(one["time"])) for one in (first, then))
    return (ended - began).total_seconds()


def _is_fault(text: str) -> bool:
    return (_OUR_CODE in text and "Traceback" in text) or "never awaited" in text or "never retrieved" in text
