"""What the kernel says of memory: how much is left, who uses how much, who was killed for want of it."""

import os
from pathlib import Path

from tornado_cli.system.cgroups import PROC_SELF, ControlGroup, control_groups

_NO_LIMIT = 1 << 60
"""Version 1 of cgroups says a number that no machine reaches."""
_KIB = 1024


def oom_kills(proc_self: Path = PROC_SELF) -> int:
    """Return how many processes of this one's cgroup the kernel has killed for want of memory; 0 where it says nothing.

    cgroup v2 counts in memory.events, v1 in memory.oom_control.
    """
    for group in control_groups("memory", proc_self):
        counts = group.counts("memory.oom_control" if group.is_version_1 else "memory.events")
        if counts:
            return counts.get("oom_kill", 0)
    return 0


def memory_left(proc_self: Path = PROC_SELF) -> int | None:
    """Return the bytes that this process's cgroup may still use; None where it has no limit.

    The narrowest of the groups around it counts, too. Files that were read and are not in use are no use of memory: the
    kernel drops them.
    """
    left = (_left(group) for group in control_groups("memory", proc_self))
    return min((size for size in left if size is not None), default=None)


def resident_bytes(pid: int) -> int:
    """Return how much memory a process has in use; 0 when it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def proportional_bytes(pid: int) -> int:
    """Return the memory of a process, its part of what it shares with others counted (PSS); 0 when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * _KIB for line in lines if line.startswith("Pss:"))


def _left(group: ControlGroup) -> int | None:
    limit, used = _limit(group), group.number("memory.usage_in_bytes" if group.is_version_1 else "memory.current")
    if limit is None or used is None:
        return None
    idle_files = group.counts("memory.stat").get("total_inactive_file" if group.is_version_1 else "inactive_file", 0)
    return max(0, limit - used + idle_files)


def _limit(group: ControlGroup) -> int | None:
    if group.is_version_1:
        limit = group.number("memory.limit_in_bytes")
        return None if limit is None or limit >= _NO_LIMIT else limit
    # Above `high` nobody is killed, but all are held up.
    limits = [group.number(name) for name in ("memory.max", "memory.high")]
    return min((limit for limit in limits if limit is not None), default=None)
