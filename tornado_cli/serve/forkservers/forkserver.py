"""A forkserver: stands at some point of an application's import, and forks processes that go on from there.

The first is a fresh interpreter that holds the framework only. It has neither thread nor event loop, because it forks.
What an application's processes leave behind comes to the forkserver, as their subreaper, and is ended.
"""

import gc
import os
import selectors
import signal
import sys
from collections.abc import Mapping
from typing import NoReturn

from tornado_cli.events import (
    Boot,
    DropListeners,
    ForkProcess,
    ForkStage,
    ProcessBegins,
    ProcessExited,
    ProcessForked,
    StageForked,
    StageReady,
)
from tornado_cli.records import Record
from tornado_cli.serve.boot import ServeBoot
from tornado_cli.serve.forkservers.compiled import Compiled
from tornado_cli.serve.forkservers.leisure import import_what_is_wanted_later
from tornado_cli.system.channel import Channel, ChannelClosed, Received
from tornado_cli.system.children import close_all, end_descendants, end_strays, pidfd_of, reap
from tornado_cli.system.endings import leave_at_once
from tornado_cli.system.footprint import Footprint
from tornado_cli.system.lifeline import adopt_orphans, die_with
from tornado_cli.system.wakeup import SignalWakeup


class NewProcess(Record):
    """What a forked child is to be: a process that waits on its channel to serve."""

    channel: Channel
    footprint: Footprint | None
    """Of what the forkserver has forked; None for one that makes no memory its own ahead."""


class NewStage(Record):
    """What a forked child is to be: a forkserver that stands further on."""

    control: Channel
    order: ForkStage
    files: list[int]
    """Descriptors that came with the order."""


class Forkserver:
    """Forks on order and reports how its children end."""

    def __init__(self, control: Channel, boot: ServeBoot, compiled: Compiled | None) -> None:
        self._control = control
        self._boot = boot
        self._compiled = compiled
        self._has_forked = False
        self._is_complete = not boot.config.warm
        self._processes: dict[int, int] = {}
        """Numbers of the processes forked, by pid."""
        self._stages: set[int] = set()
        self._begun: dict[int, float] = {}
        """When processes were told to start, in seconds since the machine was started, by number."""
        self._wakeup = SignalWakeup([signal.SIGCHLD])
        self._footprint = Footprint()

    def run(self) -> NewProcess | NewStage:
        """Serve the server's orders. Return in a child what it is to be; the forkserver itself leaves here."""
        self._control.set_blocking(False)
        adopt_orphans()
        # Frozen, the heap stays shared with the children: no collector writes to it, which would be its first look.
        gc.freeze()
        gc.enable()
        self._control.send(StageReady(pid=os.getpid()))
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ)
            selector.register(self._wakeup, selectors.EVENT_READ)
            while True:
                selector.select()
                self._wakeup.arrived()
                has_ended = self._report_ended()
                born = self._obey_all()
                if born is not None:
                    return born
                if has_ended:
                    self._end_strays()

    def _obey_all(self) -> NewProcess | NewStage | None:
        while True:
            try:
                received = self._control.receive()
            except ChannelClosed:
                self._leave()
            if received is None:
                return None
            born = self._obey(received)
            if born is not None:
                return born

    def _obey(self, received: Received) -> NewProcess | NewStage | None:
        match received.message:
            case ForkProcess() as order:
                return self._fork_process(order, received.descriptors)
            case ForkStage() as order:
                return self._fork_stage(order, received.descriptors)
            case ProcessBegins(number=number, at=at):
                # It may have ended while this process was busy.
                if number in self._processes.values():
                    self._begun[number] = at
            case DropListeners():
                close_all(self._boot.listeners)
        return None

    def _fork_process(self, order: ForkProcess, descriptors: list[int]) -> NewProcess | None:
        pid = self._fork()
        if pid == 0:
            footprint = None if order.is_thrifty else self._footprint
            return NewProcess(Channel.from_descriptor(descriptors[0]), footprint)
        close_all(descriptors)
        self._processes[pid] = order.number
        self._report_forked(ProcessForked(number=order.number, pid=pid), pid)
        return None

    def _fork_stage(self, order: ForkStage, descriptors: list[int]) -> NewStage | None:
        pid = self._fork()
        if pid == 0:
            return NewStage(Channel.from_descriptor(descriptors[0]), order, descriptors[1:])
        close_all(descriptors)
        self._stages.add(pid)
        self._report_forked(StageForked(number=order.number, pid=pid), pid)
        return None

    def _prepare_further(self) -> None:
        """Do for all later children what the first one, for whose answer somebody waits, has to do without."""
        if self._has_forked and not self._is_complete:
            self._is_complete = True
            import_what_is_wanted_later(debug=self._boot.config.debug)
            gc.collect()
            gc.freeze()
        self._has_forked = True

    def _fork(self) -> int:
        self._prepare_further()
        if self._compiled is not None:
            self._compiled.share()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._wakeup.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._control.close()
            die_with(parent, signal.SIGKILL)
        return pid

    def _report_forked(self, report: ProcessForked | StageForked, pid: int) -> None:
        pidfd = pidfd_of(pid)
        self._control.send(report, [] if pidfd is None else [pidfd])
        if pidfd is not None:
            os.close(pidfd)

    def _report_ended(self) -> bool:
        ended = reap()
        for pid, code in ended:
            self._stages.discard(pid)
            number = self._processes.pop(pid, None)
            if number is not None:
                self._begun.pop(number, None)
                self._control.send(ProcessExited(number=number, pid=pid, code=code))
        return bool(ended)

    def _end_strays(self) -> None:
        # While an older process drains, what it started is still its own business.
        if len(self._begun) <= 1:
            end_strays({*self._processes, *self._stages}, max(self._begun.values(), default=None))

    def _leave(self) -> NoReturn:
        end_descendants()
        leave_at_once()


def first_boot() -> tuple[Channel, ServeBoot]:
    """Be told, by the channel whose descriptor is the argument, what the fresh interpreter is for."""
    control = Channel.from_descriptor(int(sys.argv[1]))
    try:
        received = control.receive()
    except ChannelClosed:
        leave_at_once()
    assert received is not None
    assert isinstance(received.message, Boot)
    _change_environment(received.message.environ or {})
    return control, ServeBoot.from_dict(received.message.settings).with_descriptors(received.descriptors)


def _change_environment(changes: Mapping[str, str | None]) -> None:
    for name, value in changes.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value
