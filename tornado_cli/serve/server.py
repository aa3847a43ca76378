"""The dev server's top process: it owns the sockets, the terminal and the watcher, and never loads the application."""

import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tornado_cli.app.foresight import foreseen_imports
from tornado_cli.app.target import Target
from tornado_cli.config.serve import ServeConfig
from tornado_cli.config.sources import PYPROJECT
from tornado_cli.errors import ExitCode, TcliError, as_sentences
from tornado_cli.events import Edited, ForkProcess, ForkStage, StartProcess
from tornado_cli.logs.events import event
from tornado_cli.logs.writer import LogWriter
from tornado_cli.serve import actions, events
from tornado_cli.serve.boot import EDITS, TURN, WORDS, ServeBoot
from tornado_cli.serve.bytecode import drop_bytecode
from tornado_cli.serve.environment import Environment
from tornado_cli.serve.fleet import Fleet, Phase
from tornado_cli.serve.forkservers.learning import Learned
from tornado_cli.serve.packages import InstalledPackages
from tornado_cli.serve.policy import next_actions
from tornado_cli.serve.terminal.browser import has_screen, open_browser
from tornado_cli.serve.terminal.claims import Claims
from tornado_cli.serve.terminal.keys import ALL_KEYS, Key, Keys
from tornado_cli.serve.tree import Tree
from tornado_cli.serve.watching.served import ServedFiles
from tornado_cli.serve.watching.watcher import Watcher
from tornado_cli.system.bound import BoundAddresses
from tornado_cli.system.children import reap
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
        served: ServedFiles | None,
    ) -> None:
        self._boot = boot
        self._find = find
        self._target = target
        self._environment = environment
        self._packages = InstalledPackages()
        self._addresses = addresses
        self._fleet = Fleet(
            grace=config.reload_grace,
            is_warm=config.warm,
            foreseen=foreseen_imports(target),
            opens_browser=config.open,
        )
        self._inbox = inbox
        self._log = log
        self._keys = Keys(terminal, inbox, self._key_pressed)
        self._claims = Claims(inbox, lambda number: self._handle(events.TerminalReleased(number)))
        self._screen = Screen()
        self._url = url
        self._words = SharedWords(boot.words, WORDS)
        self._watcher = watcher
        self._changes = watcher.changes
        self._tree = Tree(boot, inbox, addresses, self._claims, watcher, served, self._handle)
        self._code: ExitCode | None = None
        self._had_terminal = not controlling_terminal_is_gone()
        self._inbox.register(self._changes, self._read_changes)
        self._served = served
        if served is not None:
            self._inbox.register(served.changes, self._read_edits)

    def run(self) -> ExitCode:
        """Serve until a signal ends it."""
        self._handle(events.Begin())
        while self._code is None:
            self._keys.follow()
            self._inbox.wait(self._time_left(), self._signal_arrived)
            self._read_changes()
            self._read_edits()
            self._handle(events.Tick())
        self._tree.end()
        self._inbox.heed_no_more()
        event(logger, logging.INFO, "stopped", "Stopped.", code=int(self._code))
        return self._code

    def _time_left(self) -> float | None:
        edits_due = None if self._served is None else self._served.changes.due()
        due = (self._fleet.next_deadline(), self._changes.due(), edits_due)
        deadlines = [moment for moment in due if moment is not None]
        return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None

    def _handle(self, happened: events.Event) -> None:
        for action in next_actions(self._fleet, happened, time.monotonic()):
            self._perform(action)

    # Events.

    def _read_changes(self) -> None:
        files = self._changes.take()
        if files:
            drop_bytecode(self._watcher.names_of(files))
            # Any of these makes what was imported ahead worthless.
            is_other = self._environment.is_concerned(files) and self._environment.renew()
            is_other |= self._packages.have_changed()
            if self._fleet.phase is Phase.BROKEN or self._names_target(files):
                is_other |= self._find_again()
            is_other |= self._is_foreseen_otherwise()
            self._handle(events.EnvironmentChanged(files) if is_other else events.Changed(files))

    def _read_edits(self) -> None:
        files = () if self._served is None else self._served.take()
        if not files:
            return
        # Pages that are asked for from now on are another build, whatever becomes of the message.
        self._words[EDITS] += 1
        styles = [Path(file).name for file in files if file.endswith(".css")]
        number = self._fleet.newest_app()
        if number is not None:
            self._tree.tell(number, Edited(styles=styles if len(styles) == len(files) else []))
        event(logger, logging.DEBUG, "edited", f"Open pages follow {self._shown(files)}.", files=list(files))

    def _names_target(self, files: tuple[str, ...]) -> bool:
        """Say whether another application may be meant now: by the settings, or by its own file."""
        # The watcher's paths are the real ones.
        path = "" if self._target.path is None else os.path.realpath(self._target.path)
        return any(file == path or Path(file).name == PYPROJECT for file in files)

    def _find_again(self) -> bool:
        """Look at the application anew; say whether an edit has turned a script into a module, or moved it."""
        before = self._target
        # What cannot be found any more fails better where it is loaded.
        with contextlib.suppress(TcliError):
            self._target = self._find()
        return self._target != before

    def _is_foreseen_otherwise(self) -> bool:
        """Say whether what was foreseen of the application is wrong by now; what it has told itself is better."""
        foreseen = self._fleet.foreseen
        is_used = bool(foreseen) and self._fleet.is_warm and self._fleet.stages.learned is None
        return is_used and foreseen_imports(self._target) != foreseen

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
            self._tree.reaped(pid)

    # Actions.

    def _perform(self, action: actions.Action) -> None:
        match action:
            case actions.SetTurn(turn):
                self._words[TURN] = turn
            case actions.Start(number, turn, page, state):
                target = self._target.to_dict()
                self._tree.start(StartProcess(number=number, turn=turn, target=target, page=page, state=state))
            case actions.Fork(number, stage, is_thrifty):
                self._tree.fork(ForkProcess(number=number, is_thrifty=is_thrifty), stage)
            case actions.DrainProcess(number, grace, is_final):
                self._tree.drain(number, grace, is_final)
            case actions.Kill(number):
                self._tree.kill(number)
            case actions.NotePlace(number):
                self._tree.note_place(number)
            case actions.StartForkserver(stage):
                self._tree.start_interpreter(stage, self._environment.variables)
            case actions.ForkStage(stage, parent, modules, before):
                order = ForkStage(number=stage, target=self._target.to_dict(), before=before)
                self._tree.fork_stage(order, parent, Learned(third_party=modules))
            case actions.EndStage(stage):
                self._tree.end_stage(stage)
            case actions.CloseListeners():
                self._addresses.close()
                self._tree.drop_listeners()
            case actions.OpenBrowser():
                self._open_browser()
            case actions.LendTerminal(number):
                self._keys.lend()
                self._claims.grant(number)
            case actions.TakeTerminalBack():
                self._keys.take_back()
            case actions.Leave(code):
                self._code = code
            case _:
                self._tell(action)

    def _open_browser(self) -> None:
        if has_screen(os.environ, sys.platform):
            open_browser(self._url)
        else:
            event(logger, logging.WARNING, "no_screen", f"No screen here to open a browser on: {self._url}")

    # What people read.

    def _tell(self, action: actions.Tell) -> None:
        match action:
            case actions.TellReady(attempt, files, seconds):
                self._tell_ready(attempt, files, seconds)
            case actions.TellPrepared(origin, modules):
                message = f"Starts go on from here: {origin}, {modules} modules imported ahead."
                event(logger, logging.DEBUG, "prepared", message, origin=origin, modules=modules)
            case actions.TellForkserverDied():
                event(logger, logging.ERROR, "forkserver_died", "The forkserver died; starting another.")
            case actions.TellPostponed(files):
                what = self._shown(files) if files else "Reload"
                message = f"{what}: as soon as the debugger lets the application go on."
                event(logger, logging.INFO, "postponed", message, files=list(files))
            case actions.TellSlow(seconds):
                message = f"Still starting after {seconds:g} s; the browser is told to wait."
                event(logger, logging.WARNING, "slow", message)
            case actions.TellFailure(failure):
                message = as_sentences(failure["title"], failure["hint"], "Waiting for a change")
                event(logger, logging.ERROR, "app_failed", message, traceback=failure["traceback"])

    def _tell_ready(self, attempt: int, files: tuple[str, ...], seconds: float) -> None:
        facts: dict[str, Any] = {"attempt": attempt, "ms": round(seconds * 1000), "origin": self._fleet.origin()}
        if files:
            what = f"Reloaded in {facts['ms']} ms: {self._shown(files)}."
            event(logger, logging.INFO, "reloaded", what, files=list(files), **facts)
        else:
            event(logger, logging.INFO, "ready", f"Ready in {facts['ms']} ms.", **facts)

    def _shown(self, files: tuple[str, ...]) -> str:
        first = os.path.relpath(files[0], os.path.realpath(self._boot.directory))
        return first if len(files) == 1 else f"{first} and {len(files) - 1} more"
