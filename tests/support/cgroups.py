"""Control groups in which a program under test gets less than the machine has, in either version of them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CONTROLLERS = ("cpu", "memory", "pids")
_ROOT = Path("/sys/fs/cgroup")
_PERIOD = 100_000
"""Microseconds over which a share of the CPUs is counted."""


@dataclass(frozen=True)
class ControlGroup:
    folder: Path
    is_version_1: bool

    @property
    def inside(self) -> list[str]:
        """What puts the program that follows it into the group."""
        return ["sh", "-c", f'echo $$ > {self.folder}/cgroup.procs && exec "$@"', "sh"]

    def limit_processes(self, count: int | None) -> None:
        self._set("pids.max", "max" if count is None else str(count))

    def limit_memory(self, size: int) -> None:
        """Set the bytes that it may use; what is beyond is not swapped out."""
        if self.is_version_1:
            self._set("memory.limit_in_bytes", str(size))
            return
        self._set("memory.max", str(size))
        if (self.folder / "memory.swap.max").exists():
            self._set("memory.swap.max", "0")

    def limit_cpus(self, cpus: float) -> None:
        share = int(cpus * _PERIOD)
        if self.is_version_1:
            self._set("cpu.cfs_period_us", str(_PERIOD))
            self._set("cpu.cfs_quota_us", str(share))
        else:
            self._set("cpu.max", f"{share} {_PERIOD}")

    def _set(self, name: str, value: str) -> None:
        (self.folder / name).write_text(value)


@contextmanager
def cgroup(controller: str) -> Iterator[ControlGroup]:
    """Make a group; the test that asks carries the mark `outside("root", "cgroup memory")`."""
    parent = _parent_for(controller)
    assert parent is not None
    folder = parent / f"tcli-test-{os.getpid()}"
    folder.mkdir()
    try:
        yield ControlGroup(folder, is_version_1=parent != _ROOT)
    finally:
        folder.rmdir()


def may_limit(controller: str) -> bool:
    """Say whether groups can be made here whose use of this is limited."""
    parent = _parent_for(controller)
    return parent is not None and os.access(parent, os.W_OK)


def _parent_for(controller: str) -> Path | None:
    try:
        offered = (_ROOT / "cgroup.controllers").read_text().split()
    except OSError:
        version_1 = _ROOT / controller
        return version_1 if (version_1 / "cgroup.procs").exists() else None
    return _ROOT if controller in offered and _is_passed_on(controller) else None


def _is_passed_on(controller: str) -> bool:
    """Say whether groups below the root have a controller of version 2; pass it on if nobody has done so."""
    passed_on = _ROOT / "cgroup.subtree_control"
    try:
        if controller not in passed_on.read_text().split():
            passed_on.write_text(f"+{controller}")
    except OSError:
        return False
    return True
