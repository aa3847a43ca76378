"""A project with everything that needs no server beside it: made once, then served and looked at from outside."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from support.server_process import ServerProcess
from tornado_cli.scaffold.generate import plan

ALONE = {"db": "sqlite", "broker": "none"}


def make_full(folder: Path, **given: bool | str) -> Path:
    target = folder / "shop"
    plan(target, preset="full", given={**ALONE, **given}).write()
    return target


def served(
    project: Path, *arguments: str, env: Mapping[str, str] | None = None, forgives: Sequence[str] = ()
) -> ServerProcess:
    """As in production."""
    own = {"PYTHONPATH": "src", **(env or {})}
    return ServerProcess("run", *arguments, cwd=project, env=own, forgives=forgives)


def grant_admin(project: Path, name: str) -> None:
    """Make somebody an admin by the command that the project has for it."""
    command = [sys.executable, "-m", "shop.grant", name]
    env = {**os.environ, "PYTHONPATH": "src"}
    subprocess.run(command, cwd=project, env=env, check=True, capture_output=True, timeout=60)
