"""The processes of a tree, found by a mark in their environment: it stays with a process wherever it goes."""

import os
import select
import time
from collections.abc import Iterable
from pathlib import Path

_PROC = Path("/proc")


def living(mark: str) -> list[int]:
    """Return the pids of all processes whose first environment holds `mark`; those that have ended have none."""
    wanted = mark.encode()
    found: list[int] = []
    for entry in _PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue
        if wanted in environment.split(b"\0"):
            found.append(int(entry.name))
    return found


def wait_until_gone(pids: Iterable[int], deadline: float) -> bool:
    """Wait until all of them have ended, by the monotonic clock; say whether they have."""
    return all(_wait_until_ended(pid, deadline) for pid in pids)


def _wait_until_ended(pid: int, deadline: float) -> bool:
    try:
        held = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        ready, _, _ = select.select([held], [], [], max(0.0, deadline - time.monotonic()))
        return bool(ready)
    finally:
        os.close(held)


def wait_until_the_kernel_counts_later_starts_as_later(pid: int) -> None:
    """Wait out the hundredth of a second in which a process was started: its start is known no finer."""
    started = int((_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[19])
    while time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK") < started + 1:
        """It is short."""


def command_of(pid: int) -> str:
    return (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode()


def children_of(pid: int) -> list[int]:
    return [int(child) for child in (_PROC / str(pid) / "task" / str(pid) / "children").read_text().split()]


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used: proc(5)."""
    fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_kib(pid: int) -> int:
    """Return the memory that a process has resident, in KiB: proc(5)."""
    pages = int((_PROC / str(pid) / "statm").read_text().split()[1])
    return pages * (os.sysconf("SC_PAGE_SIZE") // 1024)
