"""`tcli serve` under an editor's debugger, which follows it through exec and fork."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from support.connection import Connection
from support.debug_adapter import Editor
from support.process_tree import living, wait_until_gone
from support.project import app_that_says, save, write

TREE_MARK = "TCLI_TEST_TREE"
DEADLINE = 20.0


@contextlib.contextmanager
def debugged(folder: Path) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """Run the server as an editor starts it, and say where: it waits for the editor before anything else."""
    mark = uuid.uuid4().hex
    endpoints = folder / "endpoints"
    os.mkfifo(endpoints)
    debugpy = [sys.executable, "-X", "frozen_modules=off", "-m", "debugpy", "--listen", "127.0.0.1:0"]
    tcli = ["-m", "tornado_cli", "serve", "-p", "0", "--log-format", "plain", "--blocked-after", "0"]
    server = subprocess.Popen(
        [*debugpy, "--wait-for-client", *tcli],
        cwd=folder,
        env={**os.environ, TREE_MARK: mark, "DEBUGPY_ADAPTER_ENDPOINTS": str(endpoints)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield server, json.loads(endpoints.read_text())["client"]["port"]
    finally:
        left = living(f"{TREE_MARK}={mark}")
        for pid in left:
            # Some end with others.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_until_gone(left, time.monotonic() + DEADLINE)
        server.communicate()


def read_until(server: "subprocess.Popen[str]", pattern: str) -> re.Match[str]:
    assert server.stdout is not None
    for line in server.stdout:
        if found := re.search(pattern, line):
            return found
    raise AssertionError(f"it ended before {pattern!r}")


def test_a_breakpoint_of_an_editor_is_come_to_before_and_after_a_reload(tmp_path: Path) -> None:
    main = write(tmp_path, {"main.py": app_that_says("one")}) / "main.py"
    line = main.read_text().splitlines().index('        self.write("one")') + 1
    with debugged(tmp_path) as (server, port), Editor(port, (main, line)) as editor:
        url = read_until(server, r"http://127\.0\.0\.1:(\d+)")
        read_until(server, "Ready in")
        for says in ("one", "two"):
            if says == "two":
                save(main, app_that_says(says))
                read_until(server, "Reloaded in")
            with Connection(int(url[1])) as client:
                client.ask()
                editor.wait_for_stop()
                assert client.answer().text == says
        server.terminate()
        assert server.wait(DEADLINE) == 0
