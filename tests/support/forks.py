"""Programs that fork and tell what their forks find: for tests that look at what processes share."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_TESTS = Path(__file__).parents[1]


def told_by(program: str) -> Any:
    """Run a program that may import from here; return what it prints, as JSON."""
    environment = {**os.environ, "PYTHONPATH": str(_TESTS)}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, timeout=30)
    return json.loads(done.stdout)


def forked(work: Callable[[], Any]) -> Any:
    """Return what a fork has found, as JSON knows it."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(writer, json.dumps(work()).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as said:
        result = json.loads(said.read())
    os.waitpid(pid, 0)
    return result
