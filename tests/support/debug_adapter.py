"""A client of the debug adapter protocol, as an editor is one: it stops at breakpoints, in all processes of a tree."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

TIMEOUT = 20.0


class AdapterGone(Exception):  # noqa: N818 - for a process that has ended it is no error.
    """The other end has closed the connection."""


class Session:
    """One debugged process; what it forks or execs is debugged in sessions of its own, opened here."""

    def __init__(self, port: int, details: dict[str, Any], breakpoint_at: tuple[Path, int]) -> None:
        self._port = port
        self._breakpoint_at = breakpoint_at
        self._socket = socket.create_connection(("127.0.0.1", port), TIMEOUT)
        self._socket.settimeout(None)
        self._messages = self._socket.makefile("rb")
        self._sent = 0
        self._ask("initialize", adapterID="debugpy", pathFormat="path", linesStartAt1=True, columnsStartAt1=True)
        self._read_until(lambda message: message.get("command") == "initialize")
        self._ask("attach", **details)
        self._read_until(lambda message: message.get("event") == "initialized")
        file, line = breakpoint_at
        self._ask("setBreakpoints", source={"path": str(file)}, breakpoints=[{"line": line}])
        self._ask("configurationDone")

    def follow(self, on_stop: Callable[[], None]) -> None:
        """Call it at each stop, and go on; until the process has ended."""
        while (message := self._read()) and message.get("event") != "terminated":
            match message.get("event"):
                case "debugpyAttach":
                    # One that has ended meanwhile, as a spare that is of no use any more, is not there to be debugged.
                    with contextlib.suppress(AdapterGone, ConnectionError):
                        child = Session(self._port, message["body"], self._breakpoint_at)
                        threading.Thread(target=child.follow, args=(on_stop,), daemon=True).start()
                case "stopped":
                    on_stop()
                    self._ask("continue", threadId=message["body"]["threadId"])
        self._close()

    def _close(self) -> None:
        self._messages.close()
        self._socket.close()

    def _ask(self, command: str, **arguments: Any) -> None:
        self._sent += 1
        message = {"seq": self._sent, "type": "request", "command": command, "arguments": arguments}
        body = json.dumps(message).encode()
        self._socket.sendall(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def _read(self) -> dict[str, Any]:
        size = 0
        try:
            while line := self._messages.readline().strip():
                if line.lower().startswith(b"content-length:"):
                    size = int(line.partition(b":")[2])
            return dict(json.loads(self._messages.read(size))) if size else {}
        except ConnectionResetError:
            return {}

    def _read_until(self, is_wanted: Callable[[dict[str, Any]], bool]) -> None:
        while not is_wanted(message := self._read()):
            if not message:
                self._close()
                raise AdapterGone


class Editor:
    """Follows the whole tree of a debugged program, and counts where it stops."""

    def __init__(self, port: int, breakpoint_at: tuple[Path, int]) -> None:
        details = {"connect": {"host": "127.0.0.1", "port": port}, "subProcess": True}
        self._session = Session(port, details, breakpoint_at)
        self._stops = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._session.follow, args=(self._stops.release,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.join(TIMEOUT)

    def wait_for_stop(self) -> None:
        assert self._stops.acquire(timeout=TIMEOUT), "it does not come to the breakpoint"
