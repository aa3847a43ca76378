"""How many CPUs this process may really use: the machine's, less what affinity and cgroups keep from it."""

import math
import os
from contextlib import suppress
from pathlib import Path

from tornado_cli.records import Record
from tornado_cli.system.cgroups import PROC_SELF, ControlGroup, control_groups


class CpuCount(Record):
    """A number of CPUs, at least 1, and where it comes from, in a few words."""

    count: int
    reason: str


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
    quotas = (_quota(group) for group in control_groups("cpu", proc_self))
    return min((quota for quota in quotas if quota is not None), default=None)


def _allowed() -> int:
    # multiprocessing.cpu_count, which Tornado's fork_processes asks, knows nothing of affinity.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpus(count: int) -> str:
    return "1 CPU" if count == 1 else f"{count} CPUs"


def _quota(group: ControlGroup) -> float | None:
    """Return the CPUs that a group may use; without a quota it says `max`, in version 1 -1."""
    with suppress(ValueError, ZeroDivisionError):
        if group.is_version_1:
            quota, period = group.text("cpu.cfs_quota_us"), group.text("cpu.cfs_period_us")
        else:
            quota, period = group.text("cpu.max").split()
        return int(quota) / int(period) if int(quota) > 0 else None
    return None
