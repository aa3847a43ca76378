"""A forked child of the forkserver: it serves the application, or the page that stands in for it."""

import contextlib
import os
from collections.abc import Callable

from tornado.web import Application

from tornado_cli.app.forgotten.watch import ForgottenWatch
from tornado_cli.app.patches import run_reload_hooks
from tornado_cli.app.target import Target
from tornado_cli.errors import ExitCode
from tornado_cli.events import StartProcess, TerminalWanted
from tornado_cli.http.accept import Admission, Gate
from tornado_cli.http.process import Ending, serve_directly, serve_target
from tornado_cli.http.service import Service, Terms
from tornado_cli.http.tally import NoTally
from tornado_cli.logs.processes import child_log
from tornado_cli.serve.app_files import AppFiles
from tornado_cli.serve.boot import ServeBoot
from tornado_cli.serve.error_page import failure_application
from tornado_cli.system.channel import Channel
from tornado_cli.system.listeners import adopt
from tornado_cli.system.shared_words import SharedWords

_HEARTBEAT = 10.0
"""Seconds: nobody reads the beats of a process that only one person uses, and each wakes an idle machine."""


def serve_one(boot: ServeBoot, order: StartProcess, channel: Channel) -> int:
    """Serve until told to leave; return the exit code."""
    with contextlib.suppress(OSError):
        os.chdir(boot.directory)
    turns = SharedWords(boot.turns, 1)
    target = Target.from_dict(order.target)
    files = AppFiles([boot.directory, *target.search_path])
    sender = child_log(boot.config, boot.log, boot.log_format, "app")
    forgotten = ForgottenWatch()

    def leave() -> None:
        run_reload_hooks()
        forgotten.stop()

    terms = Terms(
        tally=NoTally(),
        sender=sender,
        # The page asks for itself each second: that is not what happens to the application.
        access_log=boot.config.access_log and order.page is None,
        adapt=_adapt(boot.config.debug, files),
        gate=_gate(turns, order.turn),
        heartbeat=_HEARTBEAT,
        blocked_after=boot.config.blocked_after if order.page is None else 0.0,
        watched_files=files.found if order.page is None else list,
        on_ready=forgotten.start if order.page is None else forgotten.stop,
        before_leaving=leave,
    )
    if order.page is None and os.isatty(0):
        from tornado_cli.app.terminal_readers import claim_by

        claim_by(lambda end: channel.send(TerminalWanted(pid=os.getpid()), [end]))
    service = Service(channel, adopt(boot.listeners), terms)
    try:
        if order.page is not None:
            serve_directly(failure_application(order.page, debug=boot.config.debug), service)
            return ExitCode.OK
        ending = serve_target(target, boot.config.arguments, service, "asyncio")
        return ExitCode.OK if ending is Ending.ORDERED else ExitCode.APP
    finally:
        sender.flush(1.0)


def _gate(turns: SharedWords, turn: int) -> Gate:
    def gate(*, pauses: int) -> Admission:  # noqa: ARG001 - the protocol's name.
        return Admission.YES if turns[0] <= turn else Admission.NEVER

    return gate


def _adapt(debug: bool, files: AppFiles) -> Callable[[Application], None]:
    def adapt(application: Application) -> None:
        # An edited template or stylesheet is seen by the next request; these are read at each.
        application.settings["compiled_template_cache"] = False
        application.settings["static_hash_cache"] = False
        files.leave_out_served(application)
        if debug:
            application.settings["serve_traceback"] = True

    return adapt
