"""The supervisor: owns ports, signals and deadlines, starts generations, and never loads the application."""

import logging
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field, replace

from tornado_cli.errors import ExitCode, as_sentences
from tornado_cli.events import (
    Activate,
    AppFailed,
    BindElsewhere,
    Boot,
    Drain,
    Message,
    Ready,
    Waiting,
    WorkerExited,
)
from tornado_cli.logs.events import event
from tornado_cli.logs.writer import LogWriter
from tornado_cli.run import policy
from tornado_cli.run.boot import FINAL_STOP, RunBoot
from tornado_cli.run.fleet import Fleet
from tornado_cli.run.policy import how_it_ended, next_actions
from tornado_cli.run.scoreboard import Column, Scoreboard
from tornado_cli.system.bound import BoundAddresses
from tornado_cli.system.channel import Channel, ChannelClosed, channel_pair
from tornado_cli.system.children import Child, end_descendants, reap, start_interpreter
from tornado_cli.system.inbox import Inbox
from tornado_cli.system.lifeline import adopt_orphans
from tornado_cli.system.wakeup import controlling_terminal_is_gone

logger = logging.getLogger("tornado_cli.run")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGCHLD)


@dataclass(slots=True)
class Crew:
    """What the supervisor holds of one generation: its leader, its channels, its scoreboard."""

    leader: Child
    control: Channel
    channels: list[Channel]
    scoreboard: Scoreboard
    workers: dict[int, Child] = field(default_factory=dict)
    """By slot."""
    early: list[tuple[int, Message, list[int]]] = field(default_factory=list)
    """Reports of a slot's next worker that came before the end of its last one was dealt with."""


class Supervisor:
    """Carries out what `run.policy` decides."""

    def __init__(self, boot: RunBoot, fleet: Fleet, addresses: BoundAddresses, log: LogWriter, inbox: Inbox) -> None:
        self._boot = boot
        self._fleet = fleet
        self._addresses = addresses
        self._log = log
        self._inbox = inbox
        self._crews: dict[int, Crew] = {}
        self._code: ExitCode | None = None
        self._had_terminal = not controlling_terminal_is_gone()

    def run(self) -> ExitCode:
        """Serve until a signal, or a failure to start, ends it."""
        adopt_orphans()
        self._handle(policy.Started())
        while self._code is None:
            for number in self._inbox.wait(self._time_left()):
                self._signal_arrived(number)
            self._handle(policy.Tick())
        end_descendants()
        event(logger, logging.INFO, "stopped", "Stopped.", code=int(self._code))
        return self._code

    def _time_left(self) -> float | None:
        deadline = self._fleet.next_deadline()
        return None if deadline is None else max(0.0, deadline - time.monotonic())

    def _handle(self, happened: policy.Event) -> None:
        for action in next_actions(self._fleet, happened, time.monotonic()):
            self._perform(action)

    # Events.

    def _signal_arrived(self, number: signal.Signals) -> None:
        if number == signal.SIGCHLD:
            self._reap()
            return
        if number == signal.SIGHUP and self._had_terminal and controlling_terminal_is_gone():
            number = signal.SIGTERM
        if number in {signal.SIGTERM, signal.SIGINT}:
            event(logger, logging.INFO, "stopping", f"{number.name}: finishing what runs.", signal=number.name)
        self._handle(policy.SignalArrived(number))

    def _reap(self) -> None:
        for pid, code in reap():
            for generation, crew in list(self._crews.items()):
                if crew.leader.pid == pid:
                    self._read_control(generation)
                    self._handle(policy.LeaderExited(generation, code))
                    break
                slot = next((slot for slot, worker in crew.workers.items() if worker.pid == pid), None)
                if slot is not None:
                    # Adopted: its leader is dead.
                    self._worker_exited(generation, WorkerExited(slot=slot, pid=pid, code=code))
                    break

    def _read_control(self, generation: int) -> None:
        crew = self._crews.get(generation)
        while crew is not None and generation in self._crews:
            try:
                received = crew.control.receive()
            except (ChannelClosed, ValueError):
                self._inbox.forget(crew.control)
                return
            if received is None:
                return
            if isinstance(received.message, WorkerExited):
                self._worker_exited(generation, received.message)

    def _worker_exited(self, generation: int, exited: WorkerExited) -> None:
        # What it said before its end counts first; what its successor says already must wait.
        self._read_worker(generation, exited.slot, only=exited.pid)
        self._handle(policy.WorkerExited(generation, exited.slot, exited.pid, exited.code))
        crew = self._crews.get(generation)
        if crew is None:
            return
        worker = crew.workers.get(exited.slot)
        if worker is not None and worker.pid == exited.pid:
            crew.workers.pop(exited.slot).close()
        early, crew.early = crew.early, []
        for slot, message, descriptors in early:
            self._take_report(generation, slot, message, descriptors)

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
                self._read_control(generation)
            self._take_report(generation, slot, received.message, received.descriptors)

    def _take_report(self, generation: int, slot: int, message: Message, descriptors: list[int]) -> None:
        crew = self._crews.get(generation)
        if crew is None:
            return
        match message:
            case Waiting(pid=pid):
                crew.workers[slot] = Child(pid, next(iter(descriptors), None))
                self._handle(policy.WorkerWaits(generation, slot, pid))
            case Ready(pid=pid):
                event(
                    logger,
                    logging.INFO,
                    "worker_ready",
                    f"Worker {slot} is ready (pid {pid}).",
                    generation=generation,
                    slot=slot,
                    worker=pid,
                )
                self._handle(policy.WorkerReady(generation, slot, pid))
            case AppFailed(title=title, traceback=traceback, hint=hint):
                failure = {"title": title, "traceback": traceback, "hint": hint}
                self._handle(policy.WorkerFailed(generation, slot, failure))
            case BindElsewhere() as request:
                answer, listeners = self._addresses.bind(request.host, request.port)
                crew.channels[slot].send(answer, [listener.fileno() for listener in listeners])

    # Actions.

    def _perform(self, action: policy.Action) -> None:
        match action:
            case policy.StartGeneration(number, slots):
                self._start_generation(number, slots)
            case policy.ActivateWorker(generation, slot, pid):
                self._crews[generation].channels[slot].send(Activate(pid=pid))
            case policy.DrainWorker(generation, slot, pid, is_final):
                grace, delay = self._fleet.graceful_timeout, self._fleet.drain_delay_now
                order = Drain(pid=pid, grace=grace, delay=delay, takes_queue=is_final)
                self._crews[generation].channels[slot].send(order)
            case policy.KillWorker(generation, slot):
                self._kill(self._crews[generation].workers.get(slot))
            case policy.EndGeneration(number):
                self._end_generation(number)
            case policy.ForgetGeneration(number):
                self._forget_generation(number)
            case policy.GenerationIsReady(number):
                self._crews[number].scoreboard.was_ready = True
                event(
                    logger,
                    logging.INFO,
                    "ready",
                    f"Generation {number} serves.",
                    generation=number,
                    workers=self._fleet.workers,
                )
            case policy.CloseListeners():
                self._addresses.close()
                for crew in self._crews.values():
                    crew.leader.send(FINAL_STOP)
            case policy.ReopenLogs():
                self._log.reopen()
            case policy.Leave(code):
                self._code = code
            case _:
                self._tell(action)

    def _start_generation(self, number: int, slots: int) -> None:
        pairs = [channel_pair() for _ in range(slots)]
        scoreboard = Scoreboard.create(slots)
        ours, theirs = channel_pair()
        boot = replace(
            self._boot,
            generation=number,
            channels=tuple(end.fileno() for _, end in pairs),
            scoreboard=scoreboard.descriptor,
        )
        leader = self._start_leader(boot, theirs)
        ours.send(Boot(settings=boot.to_dict()))
        for _, end in pairs:
            end.close()
        self._crews[number] = Crew(leader, ours, [end for end, _ in pairs], scoreboard)
        self._inbox.register(ours, lambda: self._read_control(number))
        for slot, (end, _) in enumerate(pairs):
            self._inbox.register(end, lambda slot=slot: self._read_worker(number, slot))  # type: ignore[misc]
        event(
            logger,
            logging.INFO,
            "starting",
            f"Starting generation {number}.",
            generation=number,
            workers=self._fleet.workers,
        )

    def _start_leader(self, boot: RunBoot, control: Channel) -> Child:
        """Start it in a session of its own, its output in pipes that the log writer empties."""
        outputs = [os.pipe(), os.pipe()]
        inherited = [control.fileno(), *boot.descriptors]
        leader = start_interpreter(
            "tornado_cli.run.leader",
            [str(control.fileno())],
            descriptors=inherited,
            new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=outputs[0][1],
            stderr=outputs[1][1],
        )
        control.close()
        for (reader, writer), level in zip(outputs, (logging.INFO, logging.WARNING), strict=True):
            os.close(writer)
            self._log.add_output(reader, "app", level)
        return leader

    def _end_generation(self, number: int) -> None:
        """Kill what is known of it. A worker that has not reported yet finds its channel closed."""
        crew = self._crews[number]
        crew.leader.send(signal.SIGKILL)
        for worker in crew.workers.values():
            worker.send(signal.SIGKILL)

    def _forget_generation(self, number: int) -> None:
        crew = self._crews.pop(number)
        for channel in (crew.control, *crew.channels):
            self._inbox.forget(channel)
            channel.close()
        for child in (crew.leader, *crew.workers.values()):
            child.close()
        crew.scoreboard.close()
        event(logger, logging.INFO, "generation_left", f"Generation {number} has left.", generation=number)

    def _kill(self, worker: Child | None) -> None:
        if worker is not None:
            worker.send(signal.SIGKILL)

    # What people read.

    def _tell(self, action: policy.Action) -> None:
        match action:
            case policy.TellFailure(generation, failure):
                message = as_sentences(failure["title"], failure["hint"])
                traceback = failure["traceback"]
                event(logger, logging.ERROR, "app_failed", message, traceback=traceback, generation=generation)
            case policy.TellDeath(generation, slot, pid, code, delay):
                self._tell_death(generation, slot, pid, code, delay)
            case policy.TellKilled(generation, slot, why):
                message = f"Worker {slot} is killed: {why}."
                event(logger, logging.ERROR, "worker_killed", message, generation=generation, slot=slot)
            case policy.TellLeaderDeath(generation, code):
                message = f"The leader {how_it_ended(code)}; its workers serve until the next generation is ready."
                event(logger, logging.ERROR, "leader_died", message, generation=generation, code=code)

    def _tell_death(self, generation: int, slot: int, pid: int, code: int, delay: float | None) -> None:
        in_flight = self._crews[generation].scoreboard.get(slot, Column.IN_FLIGHT)
        replaced = (
            "replaced from the spares" if delay is None else f"replaced in {delay:.1f} s" if delay else "replaced"
        )
        message = f"Worker {slot} (pid {pid}) {how_it_ended(code)} with {in_flight} requests in flight; {replaced}."
        event(
            logger,
            logging.ERROR,
            "worker_died",
            message,
            generation=generation,
            slot=slot,
            worker=pid,
            code=code,
            in_flight=in_flight,
        )
