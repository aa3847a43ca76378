"""Programs of others that a test starts, in the foreground: nothing of them is left afterwards."""

import os
import signal
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path


def started(
    command: list[str], environment: Mapping[str, str], folder: Path, *, until: bytes
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, and return when it has said that it is ready."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **environment},
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


def end(process: subprocess.Popen[bytes]) -> None:
    """End it, and all that it has started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def free_ports(count: int, address: str = "127.0.0.1") -> list[int]:
    """Return ports that nobody has now; that they are still free then is likely, not sure."""
    held = [socket.create_server((address, 0)) for _ in range(count)]
    ports: list[int] = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports
