"""Programs on a terminal of their own, as somebody who sits before it has them."""

import contextlib
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from support.process_tree import living, wait_until_gone

DEADLINE = 20.0
"""Seconds; only broken code comes near it."""
TREE_MARK = "TCLI_TEST_TREE"
CTRL_C, CTRL_D, CTRL_Z, CTRL_BACKSLASH = b"\x03", b"\x04", b"\x1a", b"\x1c"
SERVE = (sys.executable, "-m", "tornado_cli", "serve", "-p", "0")
# Not preexec_fn: a fork in a process with threads may hang.
_ON_A_TERMINAL = "import os, sys; os.login_tty(0); os.execvp(sys.argv[1], sys.argv[1:])"
_LOCAL_MODES = 3


class OnTerminal:
    """A program that leads a session on a new terminal; nothing of it is left when the block ends."""

    def __init__(self, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None) -> None:
        self._arguments = [sys.executable, "-c", _ON_A_TERMINAL, *arguments]
        self._cwd = cwd
        self._mark = uuid.uuid4().hex
        foreign = ("TCLI_", "PORT", "VIRTUAL_ENV", "NO_COLOR", "DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "PYTHONBREAK")
        self._env = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        self._env |= {"TERM": "xterm", "COLUMNS": "200", TREE_MARK: self._mark, **(env or {})}
        self.shown = ""
        self._read_up_to = 0

    def __enter__(self) -> Self:
        self._ours, self._theirs = pty.openpty()
        self.found = self.modes()
        self._process = subprocess.Popen(
            self._arguments, cwd=self._cwd, env=self._env, stdin=self._theirs, stdout=self._theirs, stderr=self._theirs
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        left = living(f"{TREE_MARK}={self._mark}")
        for pid in left:
            # Some end with others.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(DEADLINE)
        wait_until_gone(left, time.monotonic() + DEADLINE)
        os.close(self._theirs)
        os.close(self._ours)

    # What is to be seen.

    def read_until(self, pattern: str) -> re.Match[str]:
        """Return the first match behind the last one."""
        deadline = time.monotonic() + DEADLINE
        while not (found := re.compile(pattern).search(self.shown, self._read_up_to)):
            assert self._read(deadline), (
                f"waited for {pattern!r} in\n{self.shown[self._read_up_to :]}\n(before:)\n"
                + (self.shown[: self._read_up_to])
            )
        self._read_up_to = found.end()
        return found

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._ours], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return False
        # Escapes are how it looks, not what it says.
        self.shown += re.sub(r"\x1b\[[0-9;]*m", "", os.read(self._ours, 65536).decode(errors="replace"))
        return True

    def read_until_keys(self) -> None:
        """Return when keys come one by one; nobody says so."""
        self._read_until_modes(gives_keys=True)

    def read_until_lines(self) -> None:
        self._read_until_modes(gives_keys=False)

    def _read_until_modes(self, *, gives_keys: bool) -> None:
        deadline = time.monotonic() + DEADLINE
        while self.gives_keys() != gives_keys:
            assert time.monotonic() < deadline, f"the modes are not those\n{self.shown}"
            self._read(time.monotonic() + 0.01)

    def port(self) -> int:
        """Return the port that `tcli serve` shows, once its application is ready."""
        port = int(self.read_until(r"http://[\w.]+:(\d+)")[1])
        self.read_until(r"Ready in")
        return port

    # What one does with it.

    def type(self, keys: bytes) -> None:
        os.write(self._ours, keys)

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait_for_exit(self) -> int:
        """Return the exit code, when all is read."""
        deadline = time.monotonic() + DEADLINE
        exited = os.pidfd_open(self._process.pid)
        try:
            while not select.select([exited], [], [], 0)[0]:
                # A terminal that nobody reads makes its writers wait.
                ready, _, _ = select.select([self._ours, exited], [], [], max(0.0, deadline - time.monotonic()))
                assert ready, f"it does not end\n{self.shown}"
                if self._ours in ready:
                    self._read(deadline)
        finally:
            os.close(exited)
        return self._process.wait(DEADLINE)

    # What it is.

    @property
    def pid(self) -> int:
        return self._process.pid

    def tree(self) -> list[int]:
        return [pid for pid in living(f"{TREE_MARK}={self._mark}") if pid != self.pid]

    def modes(self) -> list[Any]:
        """Return all that `stty -a` shows, but for the size."""
        return termios.tcgetattr(self._theirs)

    def gives_keys(self) -> bool:
        """Say whether keys come one by one, unseen."""
        return not self.modes()[_LOCAL_MODES] & (termios.ICANON | termios.ECHO)
