"""pip-audit, which reports success for what it could not check: only what it has checked counts here."""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import requires, version
from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9._-]+")
# What it says, under --strict, of a package that its database did not tell of, and of a database that it did not reach.
_NOT_CHECKED = ("could not be audited", "Connection error", "ConnectionError", "Max retries", "HTTPError")


class NotCheckedError(Exception):
    """The database was not to be reached: nothing is known, neither good nor bad."""


def audit(packages: Sequence[str], folder: Path) -> list[str]:
    """Return what is known to be wrong with these packages, as they are installed here, and all that they need."""
    pinned = {name: version(name) for name in _closure(packages)}
    listed = folder / "requirements.txt"
    listed.write_text("".join(f"{name}=={number}\n" for name, number in pinned.items()))
    command = [sys.executable, "-m", "pip_audit", "--strict", "--format", "json", "--progress-spinner", "off"]
    done = subprocess.run(
        [*command, "--disable-pip", "--no-deps", "-r", str(listed)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return verdict(done.stdout, done.stderr, len(pinned))


def verdict(stdout: str, stderr: str, count: int) -> list[str]:
    """Read what it says of so many packages."""
    try:
        told = json.loads(stdout)["dependencies"]
    except ValueError:
        if any(words in stderr for words in _NOT_CHECKED):
            raise NotCheckedError(stderr.strip().splitlines()[-1]) from None
        raise AssertionError(f"pip-audit failed:\n{stderr}") from None
    skipped = [one["name"] for one in told if "skip_reason" in one]
    if skipped or len(told) < count:
        raise NotCheckedError(f"{count - len(told) + len(skipped)} of {count} packages were skipped")
    return [f"{one['name']} {one['version']}: {fault['id']}" for one in told for fault in one["vulns"]]


def _closure(packages: Sequence[str]) -> list[str]:
    """Return the packages with all that they need to be installed, and what their extras name where it is installed."""
    found: dict[str, None] = {}
    waiting = list(packages)
    while waiting:
        match = _NAME.match(waiting.pop())
        name = match[0].lower() if match else ""
        if name in found or not _is_installed(name):
            continue
        found[name] = None
        waiting += requires(name) or []
    return sorted(found)


def _is_installed(name: str) -> bool:
    try:
        return bool(version(name))
    except ModuleNotFoundError:
        return False
