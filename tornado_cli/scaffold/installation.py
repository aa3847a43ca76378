"""Installs a project in an environment of its own, and locks what came."""

import os
import sys
from pathlib import Path, PurePosixPath

from tornado_cli.errors import TcliError
from tornado_cli.files.folder import NewFile
from tornado_cli.files.merge import write_into
from tornado_cli.files.obstacles import Existing, arrival

VENV = ".venv"
PIP_LOCK = "requirements.lock"
UV_LOCK = "uv.lock"


class InstallError(TcliError):
    """The project is there, and is not installed."""

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(f"The project is made, but is not installed: {problem}.", hint=hint)


def install(folder: Path, oldest_python: str) -> str:
    """Install by uv where there is one, else by pip; return the name of the lock file. Raises InstallError."""
    import shutil

    uv = shutil.which("uv")
    if uv:
        run([uv, "sync", "--extra", "dev"], folder)
        return UV_LOCK
    check_python(oldest_python)
    python = str(folder / VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    run([sys.executable, "-m", "venv", VENV], folder)
    run([python, "-m", "pip", "install", "--disable-pip-version-check", "--editable", ".[dev]"], folder)
    content = run([python, "-m", "pip", "freeze", "--exclude-editable"], folder, is_read=True)
    lock = NewFile(path=PurePosixPath(PIP_LOCK), content=content)
    write_into(folder, arrival(folder, [lock], Existing.SET_ASIDE))
    return PIP_LOCK


def check_python(oldest: str) -> None:
    if sys.version_info[:2] < tuple(map(int, oldest.split("."))):
        ours = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise InstallError(
            f"it is for Python {oldest} and later, and tcli runs on {ours}",
            f"Make its environment yourself: python{oldest} -m venv {VENV}",
        )


def run(command: list[str], folder: Path, *, is_read: bool = False) -> bytes:
    """Run to the end; what it says is for people, and stdout may be for a program."""
    import subprocess

    # Another environment that is active is not the project's.
    env = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if is_read else 2,
            check=False,
        )
    except OSError as error:
        raise InstallError(str(error), f"Mend that, and type in its folder: {' '.join(command)}") from error
    if done.returncode:
        words = " ".join(command)
        raise InstallError(f"{words!r} ended with {done.returncode}", "What it said is above.")
    return done.stdout or b""
