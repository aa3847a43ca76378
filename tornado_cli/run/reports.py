"""What leaders and workers tell the supervisor: read in the order in which it happened, and made into events."""

import logging
from collections.abc import Callable, Mapping

from tornado_cli.events import (
    AppFailed,
    BindElsewhere,
    ForkRefused,
    Message,
    Preloaded,
    Ready,
    Waiting,
    WorkerExited,
)
from tornado_cli.logs.events import event
from tornado_cli.run import events
from tornado_cli.run.crew import Crew
from tornado_cli.system.bound import BoundAddresses
from tornado_cli.system.channel import ChannelClosed
from tornado_cli.system.children import Child
from tornado_cli.system.inbox import Inbox

logger = logging.getLogger("tornado_cli.run")
_MIB = 1024 * 1024


class Reports:
    """Listens to the crews; answers by itself only who wants another address."""

    def __init__(
        self,
        crews: Mapping[int, Crew],
        inbox: Inbox,
        elsewhere: BoundAddresses,
        handle: Callable[[events.Event], None],
    ) -> None:
        self._crews = crews
        self._inbox = inbox
        self._elsewhere = elsewhere
        self._handle = handle

    def listen_to(self, generation: int) -> None:
        """Read what a generation tells, from now on."""
        crew = self._crews[generation]
        self._inbox.register(crew.control, lambda: self.read_leader(generation))
        for slot, channel in enumerate(crew.channels):
            self._inbox.register(channel, lambda slot=slot: self._read_worker(generation, slot))  # type: ignore[misc]

    def forget(self, crew: Crew) -> None:
        for channel in (crew.control, *crew.channels):
            self._inbox.forget(channel)

    def read_leader(self, generation: int) -> None:
        """Read all that a leader has told by now."""
        while generation in self._crews:
            crew = self._crews[generation]
            try:
                received = crew.control.receive()
            except (ChannelClosed, ValueError):
                self._inbox.forget(crew.control)
                return
            if received is None:
                return
            match received.message:
                case WorkerExited() as exited:
                    self.worker_exited(generation, exited)
                case AppFailed() as failed:
                    self._handle(events.LeaderFailed(generation, _failure(failed)))
                case ForkRefused(reason=reason):
                    self._handle(events.ForkRefused(generation, reason))
                case Preloaded(shared=shared):
                    text = f"Preloaded: each worker shares {shared / _MIB:.0f} MiB with its leader."
                    event(logger, logging.INFO, "preloaded", text, generation=generation, shared=shared)

    def worker_exited(self, generation: int, exited: WorkerExited) -> None:
        """Deal with a worker's end: what it said before counts first; what its successor says already must wait."""
        self._read_worker(generation, exited.slot, only=exited.pid)
        self._handle(events.WorkerExited(generation, exited.slot, exited.pid, exited.code))
        crew = self._crews.get(generation)
        if crew is None:
            return
        crew.forget_worker(exited.slot, exited.pid)
        early, crew.early = crew.early, []
        for slot, message, descriptors in early:
            self._take(generation, slot, message, descriptors)

    def _read_worker(self, generation: int, slot: int, only: int | None = None) -> None:
        while generation in self._crews:
            crew = self._crews[generation]
            try:
                received = crew.channels[slot].receive()
            except ChannelClosed:
                # Nobody is left who could fork into this slot.
                self._inbox.forget(crew.channels[slot])
                return
            except ValueError as error:
                logger.warning("worker %d sent what is no report: %s", slot, error)
                continue
            if received is None:
                return
            if only is not None and getattr(received.message, "pid", only) != only:
                crew.early.append((slot, received.message, received.descriptors))
                continue
            if isinstance(received.message, Waiting) and only is None:
                # The leader told of the last one's end before it forked this one.
                self.read_leader(generation)
            self._take(generation, slot, received.message, received.descriptors)

    def _take(self, generation: int, slot: int, message: Message, descriptors: list[int]) -> None:
        crew = self._crews.get(generation)
        if crew is None:
            return
        match message:
            case Waiting(pid=pid):
                crew.workers[slot] = Child(pid, next(iter(descriptors), None))
                self._handle(events.WorkerWaits(generation, slot, pid))
            case Ready(pid=pid):
                text = f"Worker {slot} is ready (pid {pid})."
                event(logger, logging.INFO, "worker_ready", text, generation=generation, slot=slot, worker=pid)
                self._handle(events.WorkerReady(generation, slot, pid))
            case AppFailed() as failed:
                self._handle(events.WorkerFailed(generation, slot, _failure(failed)))
            case BindElsewhere() as request:
                answer, listeners = self._elsewhere.bind(request.host, request.port)
                crew.channels[slot].send(answer, [listener.fileno() for listener in listeners])


def _failure(failed: AppFailed) -> dict[str, str]:
    return {"title": failed.title, "traceback": failed.traceback, "hint": failed.hint}
