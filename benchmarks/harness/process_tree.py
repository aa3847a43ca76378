"""The processes that a server has become, wherever they went: this process is their subreaper, and /proc tells all."""

import contextlib
import ctypes
import os
import select
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_PR_SET_CHILD_SUBREAPER = 36


def become_subreaper() -> None:
    """Become the parent of every descendant whose own parent dies: an orphan cannot get away unseen."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Process:
    pid: int
    parent: int
    state: str
    cpu: float
    """Seconds, of its own threads."""
    reaped_cpu: float
    """Seconds, of its children that have ended."""

    @property
    def is_alive(self) -> bool:
        return self.state not in {"Z", "X"}


def process(pid: int) -> Process | None:
    """Return what /proc says, or None when there is no such process."""
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # proc(5): the name in parentheses may hold anything.
    fields = text.rpartition(")")[2].split()
    own, reaped = (sum(int(field) for field in fields[at : at + 2]) / _TICKS for at in (11, 13))
    return Process(pid, int(fields[1]), fields[0], own, reaped)


def tree_of(root: int) -> list[Process]:
    """Return `root` and its living descendants."""
    everything = [one for entry in _PROC.iterdir() if entry.name.isdigit() and (one := process(int(entry.name)))]
    children: dict[int, list[Process]] = {}
    for one in everything:
        children.setdefault(one.parent, []).append(one)
    found = [one for one in everything if one.pid == root]
    for one in found:
        found += children.get(one.pid, [])
    return [one for one in found if one.is_alive]


def descendants() -> list[Process]:
    """Return the living descendants of this process, orphans among them."""
    return [one for one in tree_of(os.getpid()) if one.pid != os.getpid()]


def reap_orphans(known: Iterable[int] = ()) -> None:
    """Collect the ended children that came to this subreaper; `known` are children that somebody else waits for."""
    spared = set(known)
    for entry in (_PROC / "self" / "task" / str(os.getpid()) / "children").read_text().split():
        pid = int(entry)
        one = process(pid)
        if pid not in spared and one is not None and not one.is_alive:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def end(processes: Iterable[Process]) -> None:
    """Kill what a failed run has left behind."""
    for one in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(one.pid, signal.SIGKILL)


def wait_until_ended(pid: int, seconds: float) -> bool:
    """Wait for a process, whoever's child it is; say whether it ended in time."""
    try:
        held = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([held], [], [], max(0.0, seconds))[0])
    finally:
        os.close(held)


def wait_until_all_ended(pids: Iterable[int], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    return all(wait_until_ended(pid, deadline - time.monotonic()) for pid in pids)


def cpu_seconds(processes: Iterable[Process]) -> float:
    """Return the processor time of processes, and of their children that have ended, as fine as the kernel tells it.

    What `stat` tells is in ticks of 10 ms, cut off for each process; `schedstat` is exact, but of the living only.
    """
    return sum(_exact_cpu(one) + one.reaped_cpu for one in processes)


def _exact_cpu(one: Process) -> float:
    try:
        threads = [path.read_text() for path in (_PROC / str(one.pid) / "task").glob("*/schedstat")]
    except (FileNotFoundError, ProcessLookupError):
        return one.cpu
    return sum(int(text.split()[0]) for text in threads) / 1e9 if threads else one.cpu


# What processes hold.


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a long-lived process may leak."""

    descriptors: int
    threads: int
    rss: float
    """MiB."""


def holdings(pid: int) -> Holdings:
    folder = _PROC / str(pid)
    pages = int((folder / "statm").read_text().split()[1])
    return Holdings(
        descriptors=sum(1 for _ in (folder / "fd").iterdir()),
        threads=sum(1 for _ in (folder / "task").iterdir()),
        rss=pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
    )


def pss(processes: Iterable[Process]) -> float:
    """Return the memory of processes together in MiB, pages that they share counted once."""
    total = 0
    for one in processes:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            text = (_PROC / str(one.pid) / "smaps_rollup").read_text()
            total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total / 1024


def client_ports_held(pid: int) -> set[int]:
    """Return the clients' ports of the TCP connections that a process has accepted and still holds."""
    inodes: set[str] = set()
    for entry in (_PROC / str(pid) / "fd").iterdir():
        with contextlib.suppress(OSError):
            inodes.add(str(entry.readlink()))
    rows = [line.split() for line in (_PROC / "net" / "tcp").read_text().splitlines()[1:]]
    return {int(row[2].rpartition(":")[2], 16) for row in rows if f"socket:[{row[9]}]" in inodes}
