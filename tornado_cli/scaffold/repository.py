"""Makes a project a git repository."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from tornado_cli.errors import TcliError

PATIENCE = 60.0
"""Seconds; only a disk that hangs needs them."""
# What a hook's environment says of another repository; settings are the user's own.
OF_THE_USER = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")


class RepositoryError(TcliError):
    """The project is there, without a repository."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"The project is made, but is no git repository: {problem}.", hint="In its folder, type: git init -b main"
        )


def is_inside_repository(folder: Path) -> bool:
    real = folder.resolve()
    return any(os.path.lexists(place / ".git") for place in (real, *real.parents))


def make_repository(folder: Path, environ: Mapping[str, str] = os.environ) -> None:
    """`git init`: nothing is added and nothing committed, so that no hook runs. Raises RepositoryError."""
    import subprocess

    git = shutil.which("git", path=environ.get("PATH"))
    if git is None:
        raise RepositoryError("git is not installed")
    command = [git, "init", "--quiet", "--initial-branch=main"]
    env = {name: value for name, value in environ.items() if not name.startswith("GIT_") or name in OF_THE_USER}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RepositoryError(str(error)) from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise RepositoryError(said.rstrip(".") or f"git ended with {done.returncode}")
