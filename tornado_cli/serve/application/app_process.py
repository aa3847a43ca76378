"""A forked child of a forkserver: it serves the application, or the page that stands in for it."""

import asyncio
import contextlib
import importlib
import linecache
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib.machinery import FileFinder
from typing import TYPE_CHECKING, Any

from tornado.web import Application

from tornado_cli.app.forgotten.watch import ForgottenWatch
from tornado_cli.app.libraries import is_installed
from tornado_cli.app.load import prepare_path
from tornado_cli.app.patches import run_reload_hooks
from tornado_cli.app.target import Kind, Target
from tornado_cli.config.serve import ServeConfig
from tornado_cli.errors import ExitCode
from tornado_cli.events import FilesKnown, ImportsLearned, NeedsColdStart, PageAnswered, StartProcess, TerminalWanted
from tornado_cli.http.accept import Admission, Gate
from tornado_cli.http.hosting import Hosting
from tornado_cli.http.process import Ending, serve_directly, serve_target
from tornado_cli.http.service import Service
from tornado_cli.http.tally import NoTally
from tornado_cli.http.terms import Terms
from tornado_cli.logs.children import child_log
from tornado_cli.serve.application.app_files import AppFiles
from tornado_cli.serve.application.dry_run import dry_run
from tornado_cli.serve.boot import TURN, WORDS, ServeBoot
from tornado_cli.serve.browser_tools.front import ToolsFront
from tornado_cli.serve.browser_tools.tools import tools_for
from tornado_cli.serve.error_page.handlers import show_exceptions
from tornado_cli.serve.forkservers.compiled import Compiled
from tornado_cli.serve.forkservers.learning import Recorder
from tornado_cli.serve.hosts import guarding_hosts
from tornado_cli.serve.live_reload.injection import Pages
from tornado_cli.system.addresses import is_loopback
from tornado_cli.system.channel import Channel, ChannelClosed
from tornado_cli.system.endings import leave_at_once
from tornado_cli.system.footprint import Footprint
from tornado_cli.system.listeners import adopt
from tornado_cli.system.memory_files import written_file
from tornado_cli.system.shared_words import SharedWords
from tornado_cli.system.stacks import dump_no_more, dump_on_demand

if TYPE_CHECKING:
    import ssl

    from tornado_cli.logs.sender import LogSender
    from tornado_cli.serve.forkservers.held_output import HeldOutput
    from tornado_cli.serve.inspector.inspector import Inspector

_HEARTBEAT = 10.0
"""Seconds: nobody reads the beats of a process that only one person uses, and each wakes an idle machine."""


class AppProcess:
    """One process, from its order to its end."""

    def __init__(self, boot: ServeBoot, hosting: Hosting, recorder: Recorder, compiled: Compiled | None = None) -> None:
        self.hosting = hosting
        self.recorder = recorder
        self.compiled = compiled
        self.held: HeldOutput | None = None
        """What the imports have said that this process begins with."""
        self.files: AppFiles | None = None
        self._boot = boot
        self._channel: Channel | None = None
        self._footprint: Footprint | None = None
        self._sender: LogSender | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._inspector: Inspector | None = None
        self._state: str | None = None
        self._begun_at = 0

    def wait_from_the_beginning(self, channel: Channel, footprint: Footprint | None = None) -> StartProcess:
        """Wait where nothing of the application is imported: its loop is made ahead, too."""
        self._loop = asyncio.new_event_loop()
        return self.wait(channel, footprint)

    def wait(self, channel: Channel, footprint: Footprint | None = None) -> StartProcess:
        """Wait to be told what to serve, and become able to; the process leaves when it is not needed."""
        # What needs no order is done before it comes.
        sender = self._sender = child_log(self._boot.config, self._boot.log, self._boot.log_format, "app")
        importlib.invalidate_caches()
        linecache.clearcache()
        tls = _tls(self._boot)
        inspector = self._inspector = self._new_inspector()
        if footprint is not None and not channel.has_message():
            footprint.own()
            dry_run()
        order = _order_of(channel)
        self._channel, self._footprint, self._state = channel, footprint, order.state
        self._begun_at = time.time_ns()
        with contextlib.suppress(OSError):
            os.chdir(self._boot.directory)
        _look_anew_at_the_project()
        files = self._note_files(Target.from_dict(order.target))
        if self.held is not None:
            self.held.release()
        self._forgotten = ForgottenWatch()
        self.hosts = guarding_hosts(self._boot.config)
        words = SharedWords(self._boot.words, WORDS)
        if inspector is not None and order.page is not None:
            inspector.recorder = None
        tools = self._tools = tools_for(self._boot, order, self.hosts, words, inspector)
        front = ToolsFront(tools)
        show_exceptions(tools)
        pages = Pages(tools)
        if tools.livereload:
            pages.begin()
        recording = [] if inspector is None or inspector.recorder is None else [inspector.recorder]
        terms = Terms(
            tally=NoTally(),
            sender=sender,
            # The page asks for itself each second: that is not what happens to the application.
            access_log=self._boot.config.access_log and order.page is None,
            adapt=_adapt(self._boot.config, files, pages),
            gate=_gate(words, order.turn),
            tls=tls,
            heartbeat=_HEARTBEAT,
            blocked_after=self._boot.config.blocked_after if order.page is None else 0.0,
            fronts=[*([self.hosts] if self._boot.config.allowed_hosts else []), front, *recording],
            on_blocked=recording[0].loop_was_held if recording else lambda _: None,
            may_serve=self._is_as_expected,
            afterwards=self._tell_what_it_is_made_of if order.page is None else self._tell_that_it_answered,
            on_ready=self._be_up if order.page is None else self._forgotten.stop,
            on_drain=front.drop_tabs,
            explain=tools.explain,
            obey=front.obey,
            before_leaving=self._leave,
        )
        if order.page is None and self._boot.config.debug:
            dump_on_demand(self._boot.place)
        if order.page is None and os.isatty(0):
            _lend_terminal(channel)
        self.hosting.take(Service(channel, adopt(self._boot.listeners), terms))
        return order

    def _new_inspector(self) -> "Inspector | None":
        if self._boot.requests is None:
            return None
        from tornado_cli.serve.inspector.inspector import Inspector

        return Inspector(self._boot.requests, lambda: self.hosting.service.ports)

    def prepare(self, target: Target) -> None:
        """Be ready for the application's first import: from now on it is seen what it imports and opens."""
        prepare_path(target.search_path)
        self._note_files(target)
        self.recorder.begin()

    def _note_files(self, target: Target) -> AppFiles:
        if self.files is None:
            self.files = AppFiles([self._boot.directory, *target.search_path])
        return self.files

    def serve(self, order: StartProcess) -> int:
        """Serve until told to leave; return the exit code."""
        target = Target.from_dict(order.target)
        if self._loop is not None and (order.page is not None or target.kind is Kind.SCRIPT):
            self._loop.close()
        if order.page is not None:
            serve_directly(self._failure_application(order.page), self.hosting)
            return self.end(Ending.ORDERED)
        self.prepare(target)
        ending = serve_target(target, self._boot.config.arguments, self.hosting, "asyncio", make_loop=self._made_loop)
        return self.end(ending)

    def _failure_application(self, page: dict[str, Any]) -> Application:
        from tornado_cli.serve.error_page.place import place_of_start
        from tornado_cli.serve.error_page.stand_in import failure_application

        assert self._channel is not None
        return failure_application(page, self._tools, partial(place_of_start, self._channel, self._boot.place))

    def _made_loop(self) -> asyncio.AbstractEventLoop:
        assert self._loop is not None
        return self._loop

    def end(self, ending: Ending) -> int:
        """Send the last words; return the exit code."""
        assert self._sender is not None
        self._sender.flush(1.0)
        return ExitCode.OK if ending is Ending.ORDERED else ExitCode.APP

    def _is_as_expected(self) -> bool:
        """Say whether this process may serve, or tell why a fresh one has to."""
        self.recorder.end()
        if self._state is None or self.recorder.state == self._state:
            return True
        # What the project has changed just now, modules imported ahead have not seen.
        assert self._channel is not None
        self._channel.send(NeedsColdStart(pid=os.getpid()))
        return False

    def _be_up(self) -> None:
        assert self.files is not None
        self.files.end()
        dump_no_more()
        self._forgotten.start()

    def _leave(self) -> None:
        run_reload_hooks()
        self._forgotten.stop()
        if self._inspector is not None and self._inspector.recorder is not None:
            self._inspector.recorder.stop()

    def _tell_that_it_answered(self) -> None:
        assert self._channel is not None
        self._channel.send(PageAnswered(pid=os.getpid()))

    def _tell_what_it_is_made_of(self) -> None:
        assert self._channel is not None
        assert self.files is not None
        is_up = self.hosting.service.is_ready
        self.files.end()
        known = self.files.found()
        served = self.files.served
        report = FilesKnown(pid=os.getpid(), files=known, served=served, are_all=is_up, since=self._begun_at)
        self._channel.send(report)
        if not is_up:
            return
        if self.compiled is not None:
            self.compiled.end()
        if self._footprint is not None:
            self._footprint.note()
        file = written_file("tcli-imports", self.recorder.learned().to_bytes())
        self._channel.send(ImportsLearned(pid=os.getpid()), [file])
        os.close(file)


def _tls(boot: ServeBoot) -> "ssl.SSLContext | None":
    if boot.credentials is None:
        return None
    from tornado_cli.system.tls.context import server_context

    return server_context(boot.credentials)


def _order_of(channel: Channel) -> StartProcess:
    try:
        received = channel.receive()
    except ChannelClosed:
        leave_at_once()
    assert received is not None
    assert isinstance(received.message, StartProcess)
    return received.message


def _look_anew_at_the_project() -> None:
    """Forget what its folders held: it was seen before the save, and a folder's time has coarse steps."""
    for folder, finder in sys.path_importer_cache.items():
        if isinstance(finder, FileFinder) and not is_installed(f"{folder}{os.sep}"):
            finder.invalidate_caches()


def _lend_terminal(channel: Channel) -> None:
    """Have whoever reads from the terminal claim it first."""
    from tornado_cli.app.terminal_readers import claim_by

    claim_by(lambda end: channel.send(TerminalWanted(pid=os.getpid()), [end]))


def _gate(words: SharedWords, turn: int) -> Gate:
    def gate(*, pauses: int) -> Admission:  # noqa: ARG001 - the protocol's name.
        return Admission.YES if words[TURN] <= turn else Admission.NEVER

    return gate


def _adapt(config: ServeConfig, files: AppFiles, pages: Pages) -> Callable[[Application], None]:
    def adapt(application: Application) -> None:
        # An edited template or stylesheet is seen by the next request; these are read at each.
        application.settings["compiled_template_cache"] = False
        application.settings["static_hash_cache"] = False
        files.leave_out_served(application)
        pages.add(application)
        if config.debug and (config.debug_remote or is_loopback(config.host)):
            # For error pages of the application's own that ask.
            application.settings["serve_traceback"] = True

    return adapt
