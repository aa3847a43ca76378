"""`make demo`, as it is typed on a terminal and ended by Ctrl-C."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.process_tree import living
from support.server_process import DEADLINE

ROOT = Path(__file__).parent.parent.parent
CTRL_C = b"\x03"
# The environment that runs the tests is the one to take, and nothing is to be installed.
# Not preexec_fn: a fork in a process with threads may hang.
ON_A_TERMINAL = "import os, sys; os.login_tty(0); os.execvp(sys.argv[1], sys.argv[1:])"
MAKE = ("make", "-C", str(ROOT), f"VENV={sys.prefix}", "-o", f"{sys.prefix}/.installed")


@dataclass(slots=True)
class Terminal:
    """A terminal with a program in its foreground."""

    process: subprocess.Popen[bytes]
    descriptor: int
    mark: str
    shown: str = ""

    def read_until(self, pattern: str) -> str:
        while not (found := re.search(pattern, self.shown)):
            assert self._read(), f"it ended\n{self.shown}"
        return found[0]

    def read_to_the_end(self) -> int:
        """Return the exit code; negative for a signal."""
        while self._read():
            pass
        return self.process.wait(20)

    def type(self, keys: bytes) -> None:
        os.write(self.descriptor, keys)

    def _read(self) -> bool:
        assert select.select([self.descriptor], [], [], DEADLINE)[0], f"it says nothing\n{self.shown}"
        try:
            chunk = os.read(self.descriptor, 4096)
        except OSError:
            # How Linux tells that nobody holds the other end any more.
            return False
        self.shown += chunk.decode(errors="replace")
        return bool(chunk)

    def event(self, name: str) -> dict[str, Any]:
        line = self.read_until(rf'\{{[^\n]*"event": "{name}"[^\n]*\}}')
        event: dict[str, Any] = json.loads(line)
        return event


@contextmanager
def demo(folder: Path) -> Iterator[Terminal]:
    mark = uuid.uuid4().hex
    descriptor, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", ON_A_TERMINAL, *MAKE, "demo", "ARGS=--port 0 --log-format json"],
        stdin=theirs,
        env={**os.environ, "TCLI_TEST_TREE": mark, "TMPDIR": str(folder), "MAKEFLAGS": ""},
    )
    os.close(theirs)
    terminal = Terminal(process, descriptor, mark)
    try:
        yield terminal
    finally:
        os.close(descriptor)
        for left in living(f"TCLI_TEST_TREE={mark}"):
            os.kill(left, signal.SIGKILL)
        process.wait(20)


@pytest.mark.outside("make")
@pytest.mark.outside("linux")
def test_the_demo_is_served_and_ctrl_c_ends_it_with_nothing_left(tmp_path: Path) -> None:
    with demo(tmp_path) as terminal:
        url = terminal.event("listening")["url"]
        terminal.event("ready")
        with urllib.request.urlopen(url, timeout=20) as answer:
            assert answer.status == 200
        assert [path.name for path in next(tmp_path.iterdir()).iterdir()] == ["demo"]
        terminal.type(CTRL_C)
        # make itself ends by the signal, as make does; it complains when what it started does not end with 0.
        assert terminal.read_to_the_end() in {-signal.SIGINT, 128 + signal.SIGINT}
        assert re.findall(r"\*\*\*|Error|Traceback", terminal.shown) == []
        assert living(f"TCLI_TEST_TREE={terminal.mark}") == []
        assert list(tmp_path.iterdir()) == []


@pytest.mark.outside("make")
@pytest.mark.outside("linux")
@pytest.mark.thorough
def test_a_demo_that_is_terminated_leaves_nothing(tmp_path: Path) -> None:
    with demo(tmp_path) as terminal:
        terminal.event("ready")
        terminal.process.terminate()
        terminal.read_to_the_end()
        assert "Traceback" not in terminal.shown
        assert living(f"TCLI_TEST_TREE={terminal.mark}") == []
        assert list(tmp_path.iterdir()) == []


@pytest.mark.outside("make")
def test_make_alone_lists_what_there_is() -> None:
    shown = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True, check=True).stdout
    for target in ("demo", "test", "check", "lint", "types", "clean"):
        assert f"make {target} " in shown
