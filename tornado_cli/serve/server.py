"""The dev server's top process: it owns the sockets, the terminal and the watcher, and never loads the application."""

import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Callable

from tornado_cli.app.target import Target
from tornado_cli.config.commands import ServeConfig
from tornado_cli.errors import ExitCode, TcliError, as_sentences
from tornado_cli.events import (
    AppFailed,
    BindElsewhere,
    Drain,
    DropListeners,
    ProcessExited,
    ProcessForked,
    Ready,
    StartProcess,
    TerminalWanted,
)
from tornado_cli.logs.events import event
from tornado_cli.logs.writer import LogWriter
from tornado_cli.serve import actions, events
from tornado_cli.serve.boot import ServeBoot
from tornado_cli.serve.browser import has_screen, open_browser
from tornado_cli.serve.bytecode import drop_bytecode
from tornado_cli.serve.claims import Claims
from tornado_cli.serve.environment import Environment
from tornado_cli.serve.fleet import Fleet, Phase
from tornado_cli.serve.keys import ALL_KEYS, Key, Keys
from tornado_cli.serve.policy import next_actions
from tornado_cli.serve.running_forkserver import RunningForkserver, start_forkserver
from tornado_cli.serve.watching.watcher import Watcher
from tornado_cli.system.bound import BoundAddresses
from tornado_cli.system.channel import Channel, ChannelClosed, Received, channel_pair
from tornado_cli.system.children import Child, reap
from tornado_cli.system.inbox import Inbox
from tornado_cli.system.key_terminal import KeyTerminal
from tornado_cli.system.shared_words import SharedWords
from tornado_cli.system.wakeup import be_stopped, controlling_terminal_is_gone
from tornado_cli.terminal import Screen

logger = logging.getLogger("tornado_cli.serve")
SIGNALS = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGCHLD,
    signal.SIGTSTP,
    signal.SIGCONT,
)


class Server:
    """Carries out what `serve.policy` decides."""

    def __init__(
        self,
        config: ServeConfig,
        boot: ServeBoot,
        find: Callable[[], Target],
        target: Target,
        environment: Environment,
        addresses: BoundAddresses,
        inbox: Inbox,
        log: LogWriter,
        terminal: KeyTerminal,
        url: str,
        watcher: Watcher,
    ) -> None:
        self._boot = boot
        self._find = find
        self._target = target
        self._environment = environment
        self._addresses = addresses
        self._fleet = Fleet(grace=config.reload_grace, opens_browser=config.open)
        self._inbox = inbox
        self._log = log
        self._keys = Keys(terminal, inbox, self._key_pressed)
        self._claims = Claims(inbox, lambda number: self._handle(events.TerminalReleased(number)))
        self._screen = Screen()
        self._url = url
        self._turns = SharedWords(boot.turns, 1)
        self._watcher = watcher
        self._changes = watcher.changes
        self._forkserver: RunningForkserver | None = None
        self._retired: list[RunningForkserver] = []
        """Forkservers that fork no more: their processes still finish."""
        self._ending: dict[int, RunningForkserver] = {}
        """Those that were told to end, by pid."""
        self._channels: dict[int, Channel] = {}
        self._processes: dict[int, Child] = {}
        self._doomed: set[int] = set()
        """Processes that were given up before they were born."""
        self._code: ExitCode | None = None
        self._had_terminal = not controlling_terminal_is_gone()
        self._inbox.register(self._changes, self._read_changes)

    def run(self) -> ExitCode:
        """Serve until a signal ends it."""
        self._start_forkserver()
        self._handle(events.Changed())
        while self._code is None:
            self._keys.follow()
            self._inbox.wait(self._time_left(), self._signal_arrived)
            self._read_changes()
            self._handle(events.Tick())
        self._end_forkservers()
        event(logger, logging.INFO, "stopped", "Stopped.", code=int(self._code))
        return self._code

    def _time_left(self) -> float | None:
        deadlines = [moment for moment in (self._fleet.next_deadline(), self._changes.due()) if moment is not None]
        return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None

    def _handle(self, happened: events.Event) -> None:
        for action in next_actions(self._fleet, happened, time.monotonic()):
            self._perform(action)

    # Events.

    def _read_changes(self) -> None:
        files = self._changes.take()
        if files:
            drop_bytecode(files)
            if self._fleet.phase is Phase.BROKEN or self._is_target_in(files):
                self._find_again()
            is_other = self._environment.is_concerned(files) and self._environment.renew()
            self._handle(events.EnvironmentChanged(files) if is_other else events.Changed(files))

    def _is_target_in(self, files: tuple[str, ...]) -> bool:
        # The watcher's paths are the real ones.
        return self._target.path is not None and os.path.realpath(self._target.path) in files

    def _find_again(self) -> None:
        """Look at the application anew: the edit may have turned a script into a module, or moved it."""
        # What cannot be found any more fails better where it is loaded.
        with contextlib.suppress(TcliError):
            self._target = self._find()

    def _signal_arrived(self, number: signal.Signals) -> None:
        match number:
            case signal.SIGCHLD:
                self._reap()
            case signal.SIGUSR1:
                self._log.reopen()
            case signal.SIGTSTP:
                self._be_stopped()
            case signal.SIGCONT:
                self._keys.renew()
            case signal.SIGHUP if not (self._had_terminal and controlling_terminal_is_gone()):
                self._start_afresh()
            case _:
                self._handle(events.SignalArrived(number))

    def _start_afresh(self) -> None:
        self._handle(events.EnvironmentChanged() if self._environment.renew() else events.Changed())

    def _be_stopped(self) -> None:
        if signal.SIGTSTP not in self._inbox.ignored_before:
            self._keys.pause()
            be_stopped()

    def _key_pressed(self, key: Key) -> None:
        match key:
            case Key.RELOAD:
                self._start_afresh()
            case Key.OPEN:
                self._open_browser()
            case Key.CLEAR:
                self._screen.clear()
            case Key.QUIT:
                self._handle(events.SignalArrived(signal.SIGTERM))
            case Key.HELP:
                event(logger, logging.INFO, "keys", ALL_KEYS)
            case Key.SPACE:
                self._screen.space()

    def _reap(self) -> None:
        # A forkserver's end is told by its channel; strangers need no more than to be reaped.
        for pid, _ in reap():
            if pid in self._ending:
                self._ending.pop(pid).child.close()

    def _read_control(self, forkserver: RunningForkserver) -> None:
        try:
            received = forkserver.control.receive()
        except ChannelClosed:
            self._forkserver_died(forkserver)
            return
        if received is None:
            return
        match received.message:
            case ProcessForked(number=number, pid=pid):
                self._processes[number] = Child(pid, next(iter(received.descriptors), None))
                if number in self._doomed:
                    self._perform(actions.Kill(number))
            case ProcessExited(number=number, code=code):
                # What it said before its end counts first.
                self._read_process(number)
                self._forget_process(number)
                forkserver.numbers.discard(number)
                self._handle(events.Exited(number, code))
                self._dismiss_idle()

    def _read_process(self, number: int) -> None:
        channel = self._channels.get(number)
        while channel is not None:
            try:
                received = channel.receive()
            except (ChannelClosed, ValueError):
                self._close_channel(number)
                return
            if received is None:
                return
            self._take_report(number, received)

    def _take_report(self, number: int, received: Received) -> None:
        match received.message:
            case Ready(watched_files=files):
                # A page has none.
                if files:
                    self._watcher.follow(files)
                self._handle(events.BecameReady(number))
            case AppFailed(title=title, traceback=traceback, hint=hint, watched_files=files):
                self._watcher.follow_also(files)
                self._handle(events.Failed(number, {"title": title, "traceback": traceback, "hint": hint}))
            case TerminalWanted():
                self._claims.add(number, received.descriptors[0])
                self._handle(events.TerminalClaimed(number))
            case BindElsewhere() as request:
                answer, listeners = self._addresses.bind(request.host, request.port)
                self._channels[number].send(answer, [listener.fileno() for listener in listeners])

    # Actions.

    def _perform(self, action: actions.Action) -> None:
        match action:
            case actions.SetTurn(turn):
                self._turns[0] = turn
            case actions.Start(number, turn, page):
                self._start(number, turn, page)
            case actions.DrainProcess(number, grace, is_final):
                process = self._processes.get(number)
                if process is not None and number in self._channels:
                    self._channels[number].send(Drain(pid=process.pid, grace=grace, takes_queue=is_final))
            case actions.Kill(number):
                self._doomed.add(number)
                if number in self._processes:
                    self._processes[number].send(signal.SIGKILL)
            case actions.StartForkserver():
                self._start_forkserver()
            case actions.CloseListeners():
                self._addresses.close()
                for forkserver in self._forkservers():
                    forkserver.control.send(DropListeners())
            case actions.TellReady(attempt, files, seconds):
                self._tell_ready(attempt, files, seconds)
            case actions.TellForkserverDied():
                event(logger, logging.ERROR, "forkserver_died", "The forkserver died; starting another.")
            case actions.OpenBrowser():
                self._open_browser()
            case actions.LendTerminal(number):
                self._keys.lend()
                self._claims.grant(number)
            case actions.TakeTerminalBack():
                self._keys.take_back()
            case actions.TellPostponed(files):
                message = (
                    f"{self._shown(files) if files else 'Reload'}: as soon as the debugger lets the application go on."
                )
                event(logger, logging.INFO, "postponed", message, files=list(files))
            case actions.TellSlow(seconds):
                message = f"Still starting after {seconds:g} s; the browser is told to wait."
                event(logger, logging.WARNING, "slow", message)
            case actions.TellFailure(failure):
                self._tell_failure(failure)
            case actions.Leave(code):
                self._code = code

    def _start(self, number: int, turn: int, page: dict[str, object] | None) -> None:
        ours, theirs = channel_pair()
        self._channels[number] = ours
        self._inbox.register(ours, lambda: self._read_process(number))
        assert self._forkserver is not None
        self._forkserver.numbers.add(number)
        order = StartProcess(number=number, turn=turn, target=self._target.to_dict(), page=page)
        self._forkserver.control.send(order, [theirs.fileno()])
        theirs.close()

    # Forkservers: one that forks, and those before it, each until its processes have left.

    def _forkservers(self) -> list[RunningForkserver]:
        return [*self._retired, *([self._forkserver] if self._forkserver is not None else [])]

    def _start_forkserver(self) -> None:
        self._retired = self._forkservers()
        forkserver = self._forkserver = start_forkserver(self._boot, self._environment.variables)
        self._inbox.register(forkserver.control, lambda: self._read_control(forkserver))
        self._dismiss_idle()

    def _dismiss_idle(self) -> None:
        for forkserver in [one for one in self._retired if not one.numbers]:
            self._dismiss(forkserver)

    def _dismiss(self, forkserver: RunningForkserver) -> None:
        """Let go of a forkserver and of its processes, which end with it."""
        if forkserver is self._forkserver:
            self._forkserver = None
        else:
            self._retired.remove(forkserver)
        self._ending[forkserver.child.pid] = forkserver
        self._inbox.forget(forkserver.control)
        forkserver.dismiss()
        for number in forkserver.numbers:
            if number in self._processes:
                self._processes[number].send(signal.SIGKILL)
            self._forget_process(number)

    def _forkserver_died(self, forkserver: RunningForkserver) -> None:
        if forkserver is self._forkserver:
            for one in self._forkservers():
                self._dismiss(one)
            self._handle(events.ForkserverDied())
        else:
            self._dismiss(forkserver)
            for number in forkserver.numbers:
                self._handle(events.Exited(number, -signal.SIGKILL))

    def _end_forkservers(self) -> None:
        for forkserver in self._forkservers():
            self._dismiss(forkserver)
        for forkserver in self._ending.values():
            forkserver.wait()

    def _forget_process(self, number: int) -> None:
        self._close_channel(number)
        self._claims.end(number)
        self._doomed.discard(number)
        child = self._processes.pop(number, None)
        if child is not None:
            child.close()

    def _close_channel(self, number: int) -> None:
        channel = self._channels.pop(number, None)
        if channel is not None:
            self._inbox.forget(channel)
            channel.close()

    def _open_browser(self) -> None:
        if has_screen(os.environ, sys.platform):
            open_browser(self._url)
        else:
            event(logger, logging.WARNING, "no_screen", f"No screen here to open a browser on: {self._url}")

    # What people read.

    def _tell_ready(self, attempt: int, files: tuple[str, ...], seconds: float) -> None:
        milliseconds = round(seconds * 1000)
        if files:
            what = f"Reloaded in {milliseconds} ms: {self._shown(files)}."
            event(logger, logging.INFO, "reloaded", what, attempt=attempt, files=list(files), ms=milliseconds)
        else:
            event(logger, logging.INFO, "ready", f"Ready in {milliseconds} ms.", attempt=attempt, ms=milliseconds)

    def _tell_failure(self, failure: dict[str, str]) -> None:
        message = as_sentences(failure["title"], failure["hint"], "Waiting for a change")
        event(logger, logging.ERROR, "app_failed", message, traceback=failure["traceback"])

    def _shown(self, files: tuple[str, ...]) -> str:
        first = os.path.relpath(files[0], os.path.realpath(self._boot.directory))
        return first if len(files) == 1 else f"{first} and {len(files) - 1} more"
