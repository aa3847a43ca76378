"""Programs of others that a test starts, in the foreground: nothing of them is left, even when the tests are killed."""

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

# Whoever reads from the pipe has nothing to read until its other end is closed, in whatever way.
_UNTIL_THE_PIPE_CLOSES = 'exec 3<&0; { read -r _ <&3; kill -KILL 0; } >&- 2>&- & exec "$@" 3<&- </dev/null'


def started(
    command: list[str], environment: Mapping[str, str], folder: Path, *, until: bytes
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, and return when it has said that it is ready."""
    process = subprocess.Popen(
        ["sh", "-c", _UNTIL_THE_PIPE_CLOSES, "-", *command],
        cwd=folder,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert process.stdout is not None
    said = b""
    while line := process.stdout.readline():
        said += line
        if until in line:
            return process
    end(process)
    raise AssertionError(said.decode(errors="replace"))


def end(process: subprocess.Popen[bytes], first: signal.Signals | None = None) -> None:
    """End it, and all that it has started; with `first`, when it has itself done so at that signal."""
    if first is not None:
        process.send_signal(first)
        process.wait()
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None
        pipe.close()
