"""How many CPUs this process may really use: the machine's, less what affinity and cgroups keep from it."""

import math
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

PROC_SELF: Final = Path("/proc/self")


@dataclass(frozen=True, slots=True)
class CpuCount:
    """A number of CPUs, at least 1, and where it comes from, in a few words."""

    count: int
    reason: str


@dataclass(frozen=True, slots=True)
class _Mount:
    """A cgroup hierarchy: the part of it that begins at `root` is seen at `point`."""

    root: PurePosixPath
    point: Path


def usable_cpus() -> CpuCount:
    """Count the CPUs that one worker each would keep busy."""
    return count_cpus(machine=os.cpu_count() or 1, allowed=_allowed(), quota=cgroup_quota())


def count_cpus(*, machine: int, allowed: int, quota: float | None) -> CpuCount:
    """Decide from what was read; `quota` is in CPUs.

    A quota is rounded up: a worker uses one CPU at most, so rounding down would leave a part that nobody can use.
    """
    by_quota = machine if quota is None else max(1, math.ceil(quota))
    count = max(1, min(machine, allowed, by_quota))
    if quota is not None and by_quota == count < min(machine, allowed):
        return CpuCount(count, f"{_cpus(count)} of {machine}: cgroup quota {quota:.0%}".replace("%", " %"))
    if count < machine:
        return CpuCount(count, f"{_cpus(count)} of {machine}: CPU affinity")
    return CpuCount(count, f"{_cpus(count)}, all of this machine")


def cgroup_quota(proc_self: Path = PROC_SELF) -> float | None:
    """Return the smallest CPU quota of the process's cgroup and of those around it, in CPUs."""
    quotas: list[float] = []
    with suppress(OSError):
        memberships = (proc_self / "cgroup").read_text().splitlines()
        mounts = (proc_self / "mountinfo").read_text().splitlines()
        for membership in memberships:
            _, controllers, path = membership.split(":", 2)
            if controllers == "":
                folders = _folders(PurePosixPath(path), _mounts(mounts, "cgroup2"))
                quotas.extend(quota for folder in folders if (quota := _quota_v2(folder)) is not None)
            elif "cpu" in controllers.split(","):
                folders = _folders(PurePosixPath(path), _mounts(mounts, "cgroup", option="cpu"))
                quotas.extend(quota for folder in folders if (quota := _quota_v1(folder)) is not None)
    return min(quotas, default=None)


def _allowed() -> int:
    # multiprocessing.cpu_count, which Tornado's fork_processes asks, knows nothing of affinity.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpus(count: int) -> str:
    return "1 CPU" if count == 1 else f"{count} CPUs"


def _mounts(lines: list[str], kind: str, option: str = "") -> Iterator[_Mount]:
    for line in lines:
        before, _, after = line.partition(" - ")
        columns, (found_kind, _, options) = before.split(), after.split(" ", 2)
        if found_kind == kind and (not option or option in options.split(",")):
            yield _Mount(PurePosixPath(_unescaped(columns[3])), Path(_unescaped(columns[4])))


def _unescaped(path: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), path)


def _folders(path: PurePosixPath, mounts: Iterator[_Mount]) -> Iterator[Path]:
    """Give the folder of a cgroup and of each one around it, as far up as it can be seen from here."""
    for mount in mounts:
        # In a container the path may be told from a root that is not mounted here; then its own group is the top.
        inside = path.relative_to(mount.root) if path.is_relative_to(mount.root) else PurePosixPath()
        for group in (inside, *inside.parents):
            if ".." not in group.parts:
                yield mount.point / group


def _quota_v2(folder: Path) -> float | None:
    with suppress(OSError, ValueError, ZeroDivisionError):
        quota, period = (folder / "cpu.max").read_text().split()
        return None if quota == "max" else int(quota) / int(period)
    return None


def _quota_v1(folder: Path) -> float | None:
    with suppress(OSError, ValueError, ZeroDivisionError):
        quota = int((folder / "cpu.cfs_quota_us").read_text())
        period = int((folder / "cpu.cfs_period_us").read_text())
        return None if quota <= 0 else quota / period
    return None
