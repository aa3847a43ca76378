"""Real databases: each on a socket of its own, and gone when its block ends."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.programs import end, started


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
        server = started(serve, {}, Path(folder), until=b"ready to accept connections")
        try:
            yield f"postgresql+asyncpg://app@/postgres?host={folder}"
        finally:
            end(server, signal.SIGINT)


def _owner_of(folder: str) -> list[str]:
    """Return the command that starts the server's programs as the owner of `folder`: root they refuse."""
    if os.geteuid() != 0:
        return []
    shutil.chown(folder, "postgres", "postgres")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


@contextmanager
def mariadb() -> Iterator[str]:
    """Give the address of a database, as SQLAlchemy writes it."""
    # A socket's path is short.
    with tempfile.TemporaryDirectory() as folder:
        user = f"--user={_own_name()}"
        place = [f"--datadir={folder}/data", user]
        make = ["mariadb-install-db", "--no-defaults", *place, "--auth-root-authentication-method=normal"]
        subprocess.run([*make, "--skip-test-db"], cwd=folder, check=True, capture_output=True)
        at = f"{folder}/socket"
        serve = ["mariadbd", "--no-defaults", *place, f"--socket={at}", f"--pid-file={folder}/pid", "--skip-networking"]
        server = started(serve, {}, Path(folder), until=b"ready for connections")
        try:
            make_database = [
                "mariadb",
                "--no-defaults",
                "-u",
                "root",
                "-S",
                at,
                "-e",
                "CREATE DATABASE app CHARACTER SET utf8mb4",
            ]
            subprocess.run(make_database, check=True, capture_output=True)
            yield f"mysql+aiomysql://root@localhost/app?unix_socket={at}&charset=utf8mb4"
        finally:
            end(server)


def _own_name() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name
