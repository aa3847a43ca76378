"""The supervisor: owns ports, signals and deadlines, starts generations, and never loads the application."""

import logging
import signal
import time
from collections.abc import Callable
from pathlib import Path

from tornado_cli.errors import ExitCode, TcliError
from tornado_cli.events import Activate, Drain, WorkerExited
from tornado_cli.logs.events import event
from tornado_cli.logs.writer import LogWriter
from tornado_cli.run import actions, events
from tornado_cli.run.boot import LET_GO, RunBoot
from tornado_cli.run.certificates.handing_out import HandingOut
from tornado_cli.run.certificates.keeper import Certificates
from tornado_cli.run.claims import Claims
from tornado_cli.run.crew import Crew, start_crew
from tornado_cli.run.fleet import Fleet, Phase, SlotState
from tornado_cli.run.listening import binds_of, tell_change, urls_of
from tornado_cli.run.policy import next_actions
from tornado_cli.run.reports import Reports
from tornado_cli.run.telling import tell, tell_death
from tornado_cli.system.bound import BoundAddresses
from tornado_cli.system.children import end_descendants, reap
from tornado_cli.system.inbox import Inbox
from tornado_cli.system.lifeline import adopt_orphans
from tornado_cli.system.memory import memory_left, oom_kills
from tornado_cli.system.open_addresses import OpenAddresses
from tornado_cli.system.stacks import DUMP
from tornado_cli.system.wakeup import controlling_terminal_is_gone

logger = logging.getLogger("tornado_cli.run")
SIGNALS = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGTTIN,
    signal.SIGTTOU,
    signal.SIGCHLD,
)


_HANDSHAKE = 0.1
"""Seconds for clients whose handshake has begun when the address that they come to is dropped."""


class Supervisor:
    """Carries out what `run.policy` decides."""

    def __init__(
        self,
        boot: RunBoot,
        fleet: Fleet,
        addresses: OpenAddresses,
        elsewhere: BoundAddresses,
        log: LogWriter,
        inbox: Inbox,
        *,
        directory: Path,
        certificates: Certificates | None,
        reread: Callable[[RunBoot, Fleet], RunBoot | None],
    ) -> None:
        self._boot = boot
        self._fleet = fleet
        self._addresses = addresses
        self._elsewhere = elsewhere
        self._log = log
        self._inbox = inbox
        self._directory = directory
        self._reread = reread
        self._crews: dict[int, Crew] = {}
        self._handing_out = None if certificates is None else HandingOut(certificates, fleet, self._crews)
        self._claims = Claims(addresses, fleet, self._crews)
        self._reports = Reports(self._crews, inbox, elsewhere, self._handle)
        self._urls: list[str] = []
        self._code: ExitCode | None = None
        self._oom_kills = oom_kills()
        self._had_terminal = not controlling_terminal_is_gone()

    def run(self) -> ExitCode:
        """Serve until a signal, or a failure to start, ends it."""
        adopt_orphans()
        self._handle(events.Started())
        while self._code is None:
            self._inbox.wait(self._time_left(), self._signal_arrived)
            if self._handing_out is not None:
                self._handing_out.look()
            self._handle(events.Tick(self._look()))
        end_descendants()
        self._inbox.heed_no_more()
        event(logger, logging.INFO, "stopped", "Stopped.", code=int(self._code))
        return self._code

    def _time_left(self) -> float | None:
        deadlines = (self._fleet.next_deadline(), None if self._handing_out is None else self._handing_out.next_look)
        deadline = min((one for one in deadlines if one is not None), default=None)
        return None if deadline is None else max(0.0, deadline - time.monotonic())

    def _look(self) -> dict[tuple[int, int], events.Observation]:
        """Look at the workers, when it is time to."""
        if time.monotonic() < self._fleet.looked_at + self._fleet.look_interval:
            return {}
        with_memory = self._fleet.limits.max_rss > 0
        return {
            (generation.number, number): self._crews[generation.number].observe(number, with_memory=with_memory)
            for generation, number, slot in self._fleet.all_slots()
            if slot.state is SlotState.READY
        }

    def _handle(self, happened: events.Event) -> None:
        decided = next_actions(self._fleet, happened, time.monotonic())
        if not self._fleet.is_leaving:
            # Before anybody is told to accept the last from them.
            self._claims.close_the_rest()
        for action in decided:
            self._perform(action)

    # Events.

    def _signal_arrived(self, number: signal.Signals) -> None:
        if number == signal.SIGCHLD:
            self._reap()
            return
        if number == signal.SIGHUP and self._is_from_its_terminal():
            number = signal.SIGTERM
        if number in {signal.SIGTERM, signal.SIGINT}:
            doing = "stopping now" if self._fleet.interrupts and number == signal.SIGINT else "finishing what runs"
            event(logger, logging.INFO, "stopping", f"{number.name}: {doing}.", signal=number.name)
        elif number == signal.SIGHUP and not self._takes_settings():
            return
        self._handle(events.SignalArrived(number))

    def _takes_settings(self) -> bool:
        """Read the settings again, and say whether there is to be a reload."""
        if self._fleet.is_leaving:
            # What it would open nobody would serve.
            return False
        if self._handing_out is not None:
            self._handing_out.look(urgent=True)
        boot = self._reread(self._boot, self._fleet)
        if boot is not None:
            self._boot = boot
        return boot is not None

    def _is_from_its_terminal(self) -> bool:
        """Say whether a HUP is the end of the terminal, which is not to be the end under nohup."""
        if signal.SIGHUP in self._inbox.ignored_before:
            return False
        return self._had_terminal and controlling_terminal_is_gone()

    def _reap(self) -> None:
        for pid, code in reap():
            for generation, crew in list(self._crews.items()):
                slot = crew.slot_of(pid)
                if crew.leader.pid == pid:
                    self._reports.read_leader(generation)
                    self._handle(events.LeaderExited(generation, code))
                elif slot is not None:
                    # Adopted: its leader is dead.
                    self._reports.worker_exited(generation, WorkerExited(slot=slot, pid=pid, code=code))

    # Actions.

    def _perform(self, action: actions.Action) -> None:
        match action:
            case actions.StartGeneration(number, slots):
                self._start_generation(number, slots)
            case actions.ActivateWorker(generation, slot, pid):
                self._activate(generation, slot, pid)
            case actions.DrainWorker(generation, slot):
                self._crews[generation].order(slot, self._drain_order(action))
            case actions.DumpStacks(generation, slot):
                if DUMP is not None:
                    self._crews[generation].signal(slot, DUMP)
            case actions.KillWorker(generation, slot):
                self._crews[generation].signal(slot, signal.SIGKILL)
            case actions.EndGeneration(number):
                if number in self._crews:
                    self._crews[number].kill()
            case actions.ForgetGeneration(number):
                self._forget_generation(number)
            case actions.GenerationIsReady(number):
                self._tell_ready(number)
            case actions.CloseListeners():
                self._addresses.let_go()
                self._elsewhere.close()
                for crew in self._crews.values():
                    crew.leader.send(LET_GO)
            case actions.ReopenLogs():
                self._log.reopen()
            case actions.Leave(code):
                self._code = code
            case actions.TellDeath() as death:
                self._tell_death(death)
            case _:
                tell(action)

    def _activate(self, generation: int, slot: int, pid: int) -> None:
        certificates = [] if self._handing_out is None else [self._handing_out.with_activation(generation, slot, pid)]
        self._crews[generation].order(slot, Activate(pid=pid), certificates)

    def _drain_order(self, action: actions.DrainWorker) -> Drain:
        dropped = [] if action.is_final else self._claims.dropped_by(action.generation)
        return Drain(
            pid=action.pid,
            grace=self._fleet.limits.graceful_timeout,
            delay=self._fleet.drain_delay_now or (_HANDSHAKE if dropped else 0.0),
            takes_queue=action.is_final,
            dropped=dropped,
            comes_back=action.comes_back,
        )

    def _start_generation(self, number: int, slots: int) -> None:
        try:
            listeners = self._addresses.open(binds_of(self._boot.config, self._directory))
            crew = start_crew(self._boot, listeners, number, slots, str(self._directory), self._log.add_output)
        except (OSError, TcliError) as error:
            self._handle(events.LeaderFailed(number, _refusal(error)))
            return
        self._crews[number] = crew
        self._reports.listen_to(number)
        workers = self._fleet.workers
        event(logger, logging.INFO, "starting", f"Starting generation {number}.", generation=number, workers=workers)
        self._measure_memory(number)

    def _measure_memory(self, starting: int) -> None:
        """Look, where memory is limited, at what a generation that starts beside others has to share it with."""
        serving = [self._crews[generation.number] for generation in self._fleet.of_phase(Phase.SERVING)]
        left = memory_left() if serving else None
        if left is not None:
            used = sum(crew.proportional_bytes() for crew in serving)
            self._handle(events.MemoryMeasured(starting, used, left))

    def _forget_generation(self, number: int) -> None:
        crew = self._crews.pop(number, None)
        if crew is None:
            # The system did not let it begin.
            return
        self._reports.forget(crew)
        crew.close()
        event(logger, logging.INFO, "generation_left", f"Generation {number} has left.", generation=number)

    # What people read.

    def _tell_ready(self, number: int) -> None:
        crew = self._crews[number]
        crew.scoreboard.was_ready = True
        workers = self._fleet.workers
        event(logger, logging.INFO, "ready", f"Generation {number} serves.", generation=number, workers=workers)
        before, self._urls = self._urls, urls_of(crew.listeners, "http" if self._handing_out is None else "https")
        tell_change(before, self._urls)

    def _tell_death(self, death: actions.TellDeath) -> None:
        before, self._oom_kills = self._oom_kills, oom_kills()
        in_flight = self._crews[death.generation].scoreboard.in_flight_of(death.slot, death.pid)
        is_out_of_memory = death.code == -signal.SIGKILL and self._oom_kills > before
        tell_death(death, in_flight, is_out_of_memory=is_out_of_memory)


def _refusal(error: OSError | TcliError) -> dict[str, str]:
    if isinstance(error, TcliError):
        return {"title": str(error), "traceback": "", "hint": error.hint}
    where = "" if error.filename is None else f" ({error.filename})"
    return {"title": f"No leader can be started: {error.strerror}{where}", "traceback": "", "hint": ""}
