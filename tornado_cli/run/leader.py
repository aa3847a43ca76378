"""The leader of a generation: a fresh interpreter that calls `tornado.process.fork_processes`, and little else.

It has neither thread nor event loop, because it forks.
"""

import gc
import logging
import os
import signal
import sys
import time
from types import FrameType
from typing import NoReturn

from tornado.process import fork_processes

from tornado_cli import __version__
from tornado_cli.app.load import Loaded
from tornado_cli.errors import ExitCode
from tornado_cli.events import AppFailed, Boot, ForkRefused, Preloaded, WorkerExited
from tornado_cli.http.process import failure_of
from tornado_cli.logs.children import temporary_log
from tornado_cli.run.boot import LET_GO, RunBoot
from tornado_cli.run.patient_fork import patient_fork
from tornado_cli.run.preload import preload
from tornado_cli.run.worker import work
from tornado_cli.system.channel import Channel
from tornado_cli.system.children import close_all, end_descendants, keep_to_this_tree
from tornado_cli.system.lifeline import adopt_orphans, die_with
from tornado_cli.system.memory import resident_bytes
from tornado_cli.system.wakeup import leave_to_the_parent

SUPERVISOR_DIED = signal.SIGUSR2
"""What the kernel sends the leader when the supervisor is gone."""
WORKERS_FAREWELL = 1.0
"""Seconds that workers have after the supervisor's death: a blocked loop cannot see a closed channel."""
_LOOK = 0.02
_KILLED = "child %d (pid %d) killed by signal %d, restarting"
_EXITED = "child %d (pid %d) exited with status %d, restarting"
_LEFT = "child %d (pid %d) exited normally"


class ExitReports(logging.Filter):
    """Turns the records in which `fork_processes` tells how children ended into reports to the supervisor.

    `fork_processes` has no other way to tell; tests/unit/test_leader.py holds its words.
    """

    def __init__(self, control: Channel) -> None:
        super().__init__()
        self._control = control

    def filter(self, record: logging.LogRecord) -> bool:
        exited = worker_exited(record)
        if exited is not None:
            self._control.send(exited)
        return False


def worker_exited(record: logging.LogRecord) -> WorkerExited | None:
    """Return what a record of `fork_processes` says, or None when it is about something else."""
    arguments = record.args
    if not isinstance(arguments, tuple):
        return None
    match record.msg, arguments:
        case str(message), (int(slot), int(pid), int(number)) if message == _KILLED:
            return WorkerExited(slot=slot, pid=pid, code=-number)
        case str(message), (int(slot), int(pid), int(status)) if message == _EXITED:
            return WorkerExited(slot=slot, pid=pid, code=status)
        case str(message), (int(slot), int(pid)) if message == _LEFT:
            return WorkerExited(slot=slot, pid=pid, code=0)
    return None


def main() -> None:
    """Be a leader on the channel whose descriptor is the argument."""
    control = Channel.from_descriptor(int(sys.argv[1]))
    received = control.receive()
    assert received is not None
    assert isinstance(received.message, Boot)
    if received.message.version != __version__:
        _refuse(control, received.message.version)
    boot = RunBoot.from_dict(received.message.settings)
    signal.signal(SUPERVISOR_DIED, _end_with_supervisor)
    die_with(boot.parent, SUPERVISOR_DIED)
    adopt_orphans()
    keep_to_this_tree(boot.descriptors)
    # While anyone holds the listeners, new clients are not refused but wait in a queue for nobody.
    signal.signal(LET_GO, lambda *_: _let_go(boot))
    leave_to_the_parent(signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1)
    if boot.config.speaks_tls:
        # Once for all workers, and before the application may give up the right to read modules.
        import tornado_cli.system.tls.context  # noqa: F401
    preloaded = _preload(boot, control) if boot.config.preload else None
    reports = logging.getLogger("tornado.general")
    reports.setLevel(logging.INFO)
    exit_reports = ExitReports(control)
    reports.addFilter(exit_reports)
    # Collected and frozen, the heap stays shared with the workers.
    gc.collect()
    gc.freeze()
    # Restarts are the supervisor's to limit: it alone sees all of them, and time.
    with patient_fork(lambda reason: _tell_refused(control, reason)):
        slot = fork_processes(len(boot.channels), max_restarts=sys.maxsize)
    reports.removeFilter(exit_reports)
    reports.setLevel(logging.NOTSET)
    for number in (SUPERVISOR_DIED, LET_GO):
        signal.signal(number, signal.SIG_DFL)
    control.close()
    sys.exit(work(boot, slot, preloaded))


def _refuse(control: Channel, version: str) -> NoReturn:
    """Leave: what a supervisor of another version says may have another meaning here."""
    title = f"tcli {__version__} has been installed in place of {version}, which still runs here"
    control.send(AppFailed(pid=os.getpid(), title=title, hint="Restart the server; until then the old one serves on"))
    sys.exit(ExitCode.OK)


def _preload(boot: RunBoot, control: Channel) -> Loaded:
    """Load the application, and say what it weighs; leave when it cannot be loaded here."""
    before = resident_bytes(os.getpid())
    try:
        with temporary_log(boot.config, boot.log, boot.log_format, "leader"):
            loaded = preload(boot)
    except BaseException as error:  # noqa: BLE001 - sys.exit is a way to fail, too.
        control.send(failure_of(error))
        sys.exit(ExitCode.OK)
    control.send(Preloaded(shared=resident_bytes(os.getpid()) - before))
    return loaded


def _let_go(boot: RunBoot) -> None:
    # Once: another file may have got one of the numbers since.
    signal.signal(LET_GO, signal.SIG_IGN)
    close_all(boot.listeners)


def _tell_refused(control: Channel, reason: str) -> None:
    control.send(ForkRefused(reason=reason))


def _end_with_supervisor(_number: int, _frame: FrameType | None) -> None:
    """Give the workers a moment to finish by themselves, then end them and everything they started."""
    deadline = time.monotonic() + WORKERS_FAREWELL
    while time.monotonic() < deadline:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(_LOOK)
        except ChildProcessError:
            break
    end_descendants()
    os._exit(1)


if __name__ == "__main__":
    main()
