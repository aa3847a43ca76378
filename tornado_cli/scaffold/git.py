"""Runs git with the user's settings, and with nothing of another repository."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

# What a hook's environment says of another repository is not for us; settings are the user's own.
OF_THE_USER = frozenset({"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_SSH", "GIT_SSH_COMMAND"})
# A repository may ask for programs: `ext::` is one in place of an address, and a filter is run for each file.
HARMLESS = {"GIT_ALLOW_PROTOCOL": "https:ssh:file", "GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_SMUDGE": "1"}


class GitError(Exception):
    """Why it did not work, without a full stop."""


def git(arguments: Sequence[str], folder: Path, environ: Mapping[str, str] = os.environ) -> str:
    """Return what git says; raises GitError."""
    program = shutil.which("git", path=environ.get("PATH"))
    if program is None:
        raise GitError("git is not installed")
    env = {name: value for name, value in environ.items() if not name.startswith("GIT_") or name in OF_THE_USER}
    try:
        done = subprocess.run(
            [program, "-c", f"core.hooksPath={os.devnull}", *arguments],
            cwd=folder,
            env={**env, **HARMLESS},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise GitError(str(error)) from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise GitError(said.rstrip(".") or f"git ended with {done.returncode}")
    return done.stdout.decode(errors="replace")
