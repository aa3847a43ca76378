"""The keeper: runs the companions, starts again those that die, and ends them all with the server.

It is a process of its own because nothing else outlives a server that is killed: the end of its channel tells it, and
as their subreaper it finds what its companions have started, whatever session that has made.
"""

import logging
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from tornado_cli.config.companions import Companion
from tornado_cli.events import Boot
from tornado_cli.logs.children import child_log
from tornado_cli.logs.events import event
from tornado_cli.serve.companions.boot import KeeperBoot
from tornado_cli.serve.companions.policy import after_end
from tornado_cli.system.channel import Channel, ChannelClosed
from tornado_cli.system.children import children_of_this_process, end_descendants, keep_to_this_tree, reap
from tornado_cli.system.endings import how_it_ended
from tornado_cli.system.inbox import Inbox
from tornado_cli.system.lifeline import adopt_orphans, die_with
from tornado_cli.system.wakeup import leave_to_the_parent

logger = logging.getLogger("tornado_cli.serve")
_GRACE = 2.0
"""Seconds from TERM to KILL."""


@dataclass(slots=True)
class Kept:
    """A companion as the keeper knows it."""

    companion: Companion
    output: int
    pid: int | None = None
    started_at: float = 0.0
    early_ends: int = 0
    start_at: float | None = 0.0
    """When it is due, by the monotonic clock; None while it runs, and for good when it has done its work."""


class Keeper:
    def __init__(self, control: Channel, boot: KeeperBoot) -> None:
        self._directory = boot.directory
        self._control = control
        self._kept = [Kept(*pair) for pair in zip(boot.companions, boot.outputs, strict=True)]
        self._is_over = False
        # Many watchers end when their stdin does: this one ends with the keeper.
        self._stdin, self._open_end = os.pipe()
        self._inbox = Inbox([signal.SIGCHLD])
        self._inbox.register(control, self._read_control)

    def run(self) -> None:
        """Keep them until the server is gone or closes the channel."""
        while not self._is_over:
            self._start_due()
            self._inbox.wait(self._time_left(), lambda _: self._note_ends())
        self._end()

    def _read_control(self) -> None:
        try:
            self._control.receive()
        except ChannelClosed:
            # Its end is always there to be read: nobody may wait for it once more.
            self._inbox.forget(self._control)
            self._is_over = True

    def _time_left(self) -> float | None:
        due = [one.start_at for one in self._kept if one.start_at is not None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _start_due(self) -> None:
        now = time.monotonic()
        for one in self._kept:
            if one.start_at is not None and one.start_at <= now:
                one.start_at = None
                one.started_at = now
                self._start(one)

    def _start(self, one: Kept) -> None:
        companion = one.companion
        message = f"{companion.name}: {companion.command}"
        event(logger, logging.INFO, "companion_started", message, companion=companion.name)
        try:
            process = subprocess.Popen(
                companion.words,
                cwd=self._directory,
                stdin=self._stdin,
                stdout=one.output,
                stderr=one.output,
                start_new_session=True,
                # This process has one thread: what is done between fork and exec is safe.
                preexec_fn=partial(die_with, os.getpid(), signal.SIGKILL),  # noqa: PLW1509
            )
        except OSError as error:
            message = f"{companion.name} cannot be started: {_refusal(error, companion.words[0])}."
            event(logger, logging.ERROR, "companion_failed", message, companion=companion.name)
            return
        # All children are reaped together: Popen's own record must not warn about one it never saw end.
        process.returncode = 0
        one.pid = process.pid

    def _note_ends(self) -> None:
        for pid, code in reap():
            for one in self._kept:
                if one.pid == pid:
                    self._ended(one, pid, code)

    def _ended(self, one: Kept, pid: int, code: int) -> None:
        now = time.monotonic()
        one.pid = None
        name = one.companion.name
        follows = after_end(code, now - one.started_at, one.early_ends)
        if follows is None:
            event(logger, logging.INFO, "companion_finished", f"{name} has finished.", companion=name)
            return
        # What it has started would be in the way of the next one.
        _send_to_group(pid, signal.SIGKILL)
        one.early_ends = follows.early_ends
        one.start_at = now + follows.pause
        message = f"{name} {how_it_ended(code)}; it starts again in {follows.pause:g} s."
        event(logger, logging.WARNING, "companion_ended", message, companion=name, code=code)

    def _end(self) -> None:
        asked = {one.pid for one in self._kept if one.pid is not None}
        for group in asked:
            _send_to_group(group, signal.SIGTERM)
        deadline = time.monotonic() + _GRACE
        while _has_children() and (left := deadline - time.monotonic()) > 0:
            # What one has started in a session of its own comes here when that one has ended.
            for group in {os.getpgid(pid) for pid in children_of_this_process()} - asked:
                asked.add(group)
                _send_to_group(group, signal.SIGTERM)
            self._inbox.wait(left, lambda _: None)
        end_descendants()


def _refusal(error: OSError, program: str) -> str:
    if isinstance(error, FileNotFoundError) and error.filename == program:
        return f"there is no program {program}" + ("" if os.sep in program else " on PATH")
    return f"{error.filename or program}: {error.strerror}"


def _send_to_group(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _has_children() -> bool:
    """Reap those that have ended, and say whether there are others."""
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        return False
    return True


def main() -> None:
    """Be a keeper on the channel whose descriptor is the argument."""
    control = Channel.from_descriptor(int(sys.argv[1]))
    received = control.receive()
    assert received is not None
    assert isinstance(received.message, Boot)
    boot = KeeperBoot.from_dict(received.message.settings)
    adopt_orphans()
    keep_to_this_tree(boot.descriptors)
    leave_to_the_parent(signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
    sender = child_log(boot.config, boot.log, boot.log_format, "companions")
    control.set_blocking(False)
    Keeper(control, boot).run()
    sender.flush(1.0)


if __name__ == "__main__":
    main()
