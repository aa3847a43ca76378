"""A real PostgreSQL: on a socket of its own, and gone when its block ends."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def postgresql() -> Iterator[str]:
    """Give the address of a database, as SQLAlchemy writes it."""
    # Not in the folders of pytest: the server runs as another user than root, who cannot enter those.
    with tempfile.TemporaryDirectory() as folder:
        owner = _owner_of(folder)
        programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
        place = ["-D", f"{folder}/data"]
        make = [*owner, str(programs / "initdb"), *place, "--username=app", "--auth=trust", "--no-sync"]
        subprocess.run(make, cwd=folder, check=True, capture_output=True)
        quietly = ["-c", "listen_addresses=", "-c", "fsync=off"]
        serve = [*owner, str(programs / "postgres"), *place, "-k", folder, *quietly]
        with subprocess.Popen(serve, cwd=folder, stderr=subprocess.PIPE) as server:
            try:
                _wait_until_ready(server)
                yield f"postgresql+asyncpg://app@/postgres?host={folder}"
            finally:
                server.send_signal(signal.SIGINT)


def _owner_of(folder: str) -> list[str]:
    """Return the command that starts the server's programs as the owner of `folder`: root they refuse."""
    if os.geteuid() != 0:
        return []
    shutil.chown(folder, "postgres", "postgres")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


def _wait_until_ready(server: subprocess.Popen[bytes]) -> None:
    assert server.stderr is not None
    said = b""
    while line := server.stderr.readline():
        said += line
        if b"ready to accept connections" in line:
            return
    raise AssertionError(said.decode(errors="replace"))
