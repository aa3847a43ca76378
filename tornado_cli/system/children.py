"""Starting a fresh interpreter, and ending a process without ever hitting another one."""

import contextlib
import os
import signal
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NoReturn

from tornado_cli.records import Record
from tornado_cli.system.interpreter_flags import interpreter_flags
from tornado_cli.system.wakeup import held_back

_TICKS = os.sysconf("SC_CLK_TCK")


class Child(Record):
    """A process, held by a pidfd: a number used again by another process is never signalled."""

    pid: int
    pidfd: int | None
    """None where the system has no pidfds."""

    def send(self, number: signal.Signals) -> None:
        """Send a signal, or nothing when the process has ended."""
        with contextlib.suppress(ProcessLookupError):
            if self.pidfd is None:
                os.kill(self.pid, number)
            else:
                signal.pidfd_send_signal(self.pidfd, number)

    def wait(self) -> None:
        """Wait for a child of this process to end, and reap it."""
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)

    def close(self) -> None:
        if self.pidfd is not None:
            os.close(self.pidfd)


def pidfd_of(pid: int) -> int | None:
    """Return a pidfd of this process, of a child not yet reaped, or None."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def start_interpreter(
    module: str,
    arguments: Sequence[str],
    *,
    descriptors: Sequence[int],
    environ: Mapping[str, str] | None = None,
    directory: str | None = None,
    new_session: bool = False,
    stdin: int | None = None,
    stdout: int | None = None,
    stderr: int | None = None,
) -> Child:
    """Exec a fresh interpreter with `module` as its program and the flags of this one.

    It must be called by the main thread: `die_with` follows the thread that started the child.
    """
    import subprocess

    # Else a Ctrl-C would reach it while it imports, and show where: `leave_to_the_parent` lets signals in.
    with held_back(signal.SIGINT):
        started = subprocess.Popen(
            [sys.executable, *interpreter_flags(), "-m", module, *arguments],
            pass_fds=tuple(descriptors),
            env=environ,
            cwd=directory,
            start_new_session=new_session,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
        )
    # The supervisor reaps by waitpid: Popen's own record must not warn about a child it never saw end.
    started.returncode = 0
    return Child(started.pid, pidfd_of(started.pid))


def become_interpreter(module: str, arguments: Sequence[str], *, descriptors: Iterable[int]) -> NoReturn:
    """Put a fresh interpreter in the place of this process, with `module` as its program and the flags of this one."""
    for descriptor in descriptors:
        os.set_inheritable(descriptor, True)
    os.execv(sys.executable, [sys.executable, *interpreter_flags(), "-m", module, *arguments])  # noqa: S606 - nothing of it is anybody's input.


def keep_to_this_tree(descriptors: Iterable[int]) -> None:
    """Let programs that an application starts not inherit what this process inherited."""
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)


def close_all(descriptors: Iterable[int]) -> None:
    """Close inherited descriptors, and mind none that is closed already."""
    for descriptor in descriptors:
        with contextlib.suppress(OSError):
            os.close(descriptor)


def reap() -> list[tuple[int, int]]:
    """Return (pid, exit code or negative signal) of every child that has ended; adopted strangers included."""
    ended: list[tuple[int, int]] = []
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended.append((pid, os.waitstatus_to_exitcode(status)))


def end_descendants() -> None:
    """Kill and reap every child, and those that come to this subreaper when their parents die."""
    while True:
        for pid in children_of_this_process():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def end_strays(known: Collection[int], before: float | None) -> None:
    """Kill the children that nobody knows: left behind by processes that ended.

    With `before`, in seconds since the machine was started, only those that are older. They came to this subreaper
    whatever session or group they made; reaping them is the caller's as with any child.
    """
    for pid in children_of_this_process():
        if pid not in known and (before is None or _started_at(pid) < int(before * _TICKS)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _started_at(pid: int) -> int:
    """Return when a process started, in clock ticks since boot; 0 where it cannot be told: proc(5)."""
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123 - a kernel file.
            # The name in parentheses may hold anything; what follows it is counted from field 3.
            return int(file.read().rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return 0


def children_of_this_process() -> list[int]:
    """Return the pids of direct children; none of them can be another process, for only this one reaps them."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:  # noqa: PTH123 - a kernel file.
            return [int(pid) for pid in file.read().split()]
    except OSError:
        return []
