"""What must not exist in a process that forks: judged by what the kernel sees, before and after something ran."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from tornado_cli.system.openblas import end_pools

_PROC = Path("/proc/self")
_RISKY = ("anon_inode:[eventpoll]", "anon_inode:[eventfd]", "anon_inode:[io_uring]", "socket:")


@dataclass(frozen=True, slots=True)
class ForkState:
    """What a fork would copy, or lose."""

    threads: frozenset[str]
    """Ids of all threads: a count by Python misses those that libraries start."""
    descriptors: frozenset[tuple[str, str]]
    children: frozenset[str]
    handlers: tuple[object, ...]


def fork_state() -> ForkState:
    """Look at this process. Where there is no /proc, only its signal handlers are seen.

    The threads of OpenBLAS are not among those that are seen: they end here, as they would at a fork.
    """
    end_pools()
    return ForkState(
        threads=frozenset(_names(_PROC / "task")),
        descriptors=frozenset(_links()),
        children=frozenset(_words(_PROC / "task" / str(os.getpid()) / "children")),
        handlers=tuple(signal.getsignal(number) for number in signal.valid_signals()),
    )


def problems(before: ForkState, after: ForkState) -> list[str]:
    """Return what came between the two that a forked process would find broken, in words for its author."""
    found = []
    if after.threads - before.threads:
        found.append(f"it started threads ({len(after.threads - before.threads)}), which a fork does not copy")
    new = {link for _, link in after.descriptors - before.descriptors}
    if any(link.startswith("anon_inode:[eventpoll]") for link in new):
        found.append("it made an event loop, which processes cannot share")
    if any(link.startswith("socket:") for link in new):
        found.append("it opened a socket, which all workers would use at once")
    if any(link.startswith(("anon_inode:[eventfd]", "anon_inode:[io_uring]")) for link in new):
        found.append("it made a kernel queue (eventfd or io_uring), which processes cannot share")
    if after.children - before.children:
        found.append("it started other processes, which would be nobody's children")
    if after.handlers != before.handlers:
        found.append("it set signal handlers")
    return found


def _names(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in folder.iterdir()]
    except OSError:
        return []


def _links() -> list[tuple[str, str]]:
    found = []
    for name in _names(_PROC / "fd"):
        try:
            link = str((_PROC / "fd" / name).readlink())
        except OSError:
            continue
        if link.startswith(_RISKY):
            found.append((name, link))
    return found


def _words(file: Path) -> list[str]:
    try:
        return file.read_text().split()
    except OSError:
        return []
