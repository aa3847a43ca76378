"""The forkservers and their processes as the server holds them: orders go down, reports become events."""

import contextlib
import signal
import time
from collections.abc import Callable, Mapping
from typing import Any

from tornado_cli.events import (
    AppFailed,
    BindElsewhere,
    Boot,
    Drain,
    DropListeners,
    Edited,
    FilesKnown,
    ForkProcess,
    ForkStage,
    ImportsLearned,
    NeedsColdStart,
    PageAnswered,
    PlaceWanted,
    ProcessBegins,
    ProcessExited,
    ProcessForked,
    Ready,
    StageFailed,
    StageForked,
    StageReady,
    StartProcess,
    TerminalWanted,
)
from tornado_cli.records import State, anew
from tornado_cli.serve import events
from tornado_cli.serve.boot import ServeBoot
from tornado_cli.serve.forkservers.head_start import interpreter_with
from tornado_cli.serve.forkservers.learning import Learned
from tornado_cli.serve.terminal.claims import Claims
from tornado_cli.serve.watching.served import ServedFiles
from tornado_cli.serve.watching.watcher import Watcher
from tornado_cli.system.bound import BoundAddresses
from tornado_cli.system.channel import Channel, ChannelClosed, Received, channel_pair
from tornado_cli.system.children import Child, close_all
from tornado_cli.system.inbox import Inbox
from tornado_cli.system.memory_files import read_file, written_file
from tornado_cli.system.stacks import DUMP


class _Held(State):
    """A forkserver or a process; it may not be born yet, or have closed its channel and not ended."""

    channel: Channel | None
    child: Child | None = None
    is_doomed: bool = False
    """Given up, perhaps before it was born."""
    stage: int = 0
    """Of a process: its forkserver."""


class Tree(State):
    """Numbers of stages and of processes are the policy's."""

    boot: ServeBoot
    inbox: Inbox
    addresses: BoundAddresses
    claims: Claims
    watcher: Watcher
    """Told of the files that the application is made of."""
    served: ServedFiles | None
    """Told of the folders that it serves from, when open pages follow them."""
    on_event: Callable[[events.Event], None]
    _stages: dict[int, _Held] = anew(factory=dict)
    _processes: dict[int, _Held] = anew(factory=dict)
    _interpreters: dict[int, Child] = anew(factory=dict)
    """The fresh ones among the forkservers, until they are reaped: they are children of this process."""

    # Orders about forkservers.

    def start_interpreter(self, stage: int, environ: Mapping[str, str]) -> None:
        """Start a fresh one; `environ` is what the application's processes have as their environment."""
        child, channel, changes = interpreter_with(environ)
        channel.send(Boot(settings=self.boot.to_dict(), environ=changes), self.boot.descriptors)
        self._interpreters[child.pid] = child
        self._hold_stage(stage, channel)

    def fork_stage(self, order: ForkStage, parent: int, learned: Learned | None) -> None:
        ours, theirs = channel_pair()
        files = [] if learned is None else [written_file("tcli-learned", learned.to_bytes())]
        self._order(parent, order, [theirs.fileno(), *files])
        close_all(files)
        theirs.close()
        self._hold_stage(order.number, ours)

    def end_stage(self, stage: int) -> None:
        """Let a forkserver go, with whatever is left below it."""
        held = self._stages.pop(stage, None)
        if held is None:
            return
        self._close(held)
        if held.child is not None:
            # In the middle of an import it does not see its channel; a fresh interpreter has none to do.
            held.child.send(signal.SIGKILL)
            held.child.close()
        for number in [number for number, process in self._processes.items() if process.stage == stage]:
            self._forget_process(number)

    def drop_listeners(self) -> None:
        for stage in self._stages:
            self._order(stage, DropListeners())

    # Orders about processes.

    def fork(self, order: ForkProcess, stage: int) -> None:
        number = order.number
        ours, theirs = channel_pair()
        if not self.boot.config.warm:
            # It will be a fresh interpreter.
            ours.send(Boot(settings=self.boot.to_dict()), self.boot.descriptors)
        self._order(stage, order, [theirs.fileno()])
        theirs.close()
        self._processes[number] = _Held(ours, stage=stage)
        self.inbox.register(ours, lambda: self._read_process(number))

    def start(self, order: StartProcess) -> None:
        held = self._processes.get(order.number)
        if held is None or held.channel is None:
            return
        at = time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
        held.channel.send(order)
        # Before it can have left anything behind, which is younger than this.
        self._order(held.stage, ProcessBegins(number=order.number, at=at))

    def drain(self, number: int, grace: float, is_final: bool) -> None:
        held = self._processes.get(number)
        if held is not None and held.channel is not None and held.child is not None:
            held.channel.send(Drain(pid=held.child.pid, grace=grace, takes_queue=is_final))

    def tell(self, number: int, order: Edited) -> None:
        held = self._processes.get(number)
        if held is not None and held.channel is not None:
            held.channel.send(order)

    def note_place(self, number: int) -> None:
        held = self._processes.get(number)
        if held is not None and held.child is not None and DUMP is not None:
            held.child.send(DUMP)

    def kill(self, number: int) -> None:
        held = self._processes.get(number)
        if held is not None:
            held.is_doomed = True
            if held.child is not None:
                held.child.send(signal.SIGKILL)

    # The end.

    def reaped(self, pid: int) -> None:
        """Be told that a child of this process has ended and is no more."""
        child = self._interpreters.pop(pid, None)
        if child is not None:
            child.close()

    def end(self) -> None:
        """End all, and wait for it."""
        for stage in list(self._stages):
            self.end_stage(stage)
        for child in self._interpreters.values():
            child.wait()
            child.close()
        self._interpreters.clear()

    # Reports.

    def _read_stage(self, stage: int) -> None:
        held = self._stages.get(stage)
        while held is not None and held.channel is not None:
            try:
                received = held.channel.receive()
            except (ChannelClosed, ValueError):
                self._stage_ended(stage)
                return
            if received is None:
                return
            self._take_stage_report(stage, received)

    def _take_stage_report(self, stage: int, received: Received) -> None:
        match received.message:
            case ProcessForked(number=number, pid=pid):
                self._born(self._processes.get(number), pid, received.descriptors)
            case ProcessExited(number=number, code=code):
                # What it said before its end counts first.
                self._read_process(number)
                self._forget_process(number)
                self.on_event(events.Exited(number, code))
            case StageForked(number=number, pid=pid):
                self._born(self._stages.get(number), pid, received.descriptors)
            case StageReady():
                self.on_event(events.StageReady(stage))
            case StageFailed(cold=cold):
                self.on_event(events.StageFailed(stage, tuple(cold)))

    def _born(self, held: _Held | None, pid: int, descriptors: list[int]) -> None:
        if held is None:
            close_all(descriptors)
            return
        held.child = Child(pid, next(iter(descriptors), None))
        if held.is_doomed:
            held.child.send(signal.SIGKILL)

    def _stage_ended(self, stage: int) -> None:
        for number in [number for number, process in self._processes.items() if process.stage == stage]:
            self._read_process(number)
        self.end_stage(stage)
        self.on_event(events.StageDied(stage))

    def _read_process(self, number: int) -> None:
        held = self._processes.get(number)
        while held is not None and held.channel is not None:
            try:
                received = held.channel.receive()
            except (ChannelClosed, ValueError):
                self._close(held)
                return
            if received is None:
                return
            self._take_report(number, held.channel, received)

    def _take_report(self, number: int, channel: Channel, received: Received) -> None:
        match received.message:
            case Ready():
                self.on_event(events.BecameReady(number))
            case AppFailed() as failed:
                self.on_event(events.Failed(number, _failure(failed)))
            case FilesKnown() as known:
                (self.watcher.follow if known.are_all else self.watcher.follow_also)(known.files, known.since)
                if self.served is not None and known.are_all:
                    self.served.watch(known.served, known.since)
            case ImportsLearned():
                with contextlib.suppress(ValueError, OSError):
                    self.on_event(events.Learned(number, Learned.from_bytes(read_file(received.descriptors[0]))))
                close_all(received.descriptors)
            case PageAnswered():
                self.on_event(events.PageAnswered())
            case TerminalWanted():
                self.claims.add(number, received.descriptors[0])
                self.on_event(events.TerminalClaimed(number))
            case PlaceWanted():
                self.on_event(events.PlaceWanted())
            case NeedsColdStart():
                self.on_event(events.WantsColdStart(number))
            case BindElsewhere() as request:
                answer, listeners = self.addresses.bind(request.host, request.port)
                channel.send(answer, [listener.fileno() for listener in listeners])

    # What is held.

    def _hold_stage(self, stage: int, channel: Channel) -> None:
        self._stages[stage] = _Held(channel)
        self.inbox.register(channel, lambda: self._read_stage(stage))

    def _order(self, stage: int, message: Any, descriptors: list[int] | None = None) -> None:
        held = self._stages.get(stage)
        if held is not None and held.channel is not None:
            held.channel.send(message, descriptors or [])

    def _forget_process(self, number: int) -> None:
        held = self._processes.pop(number, None)
        self.claims.end(number)
        if held is not None:
            self._close(held)
            if held.child is not None:
                held.child.close()

    def _close(self, held: _Held) -> None:
        if held.channel is not None:
            self.inbox.forget(held.channel)
            held.channel.close()
            held.channel = None


def _failure(failed: AppFailed) -> dict[str, Any]:
    return {
        "title": failed.title,
        "traceback": failed.traceback,
        "hint": failed.hint,
        "details": failed.details,
        "may_pass": failed.may_pass,
    }
