"""A fresh interpreter for the dev server, and what its forks become: further forkservers, and processes that serve."""

import importlib
import os
import signal
from typing import NoReturn

from tornado_cli.app.target import Target
from tornado_cli.events import StageFailed
from tornado_cli.http.hosting import Hosting
from tornado_cli.logs.settings import parse_levels
from tornado_cli.serve.application.app_process import AppProcess
from tornado_cli.serve.boot import ServeBoot
from tornado_cli.serve.forkservers.compiled import Compiled
from tornado_cli.serve.forkservers.forkserver import Forkserver, NewProcess, NewStage, first_boot
from tornado_cli.serve.forkservers.held_output import HeldOutput
from tornado_cli.serve.forkservers.learning import Learned, Recorder
from tornado_cli.system.children import become_interpreter
from tornado_cli.system.endings import leave_at_once, leave_tidily
from tornado_cli.system.memory_files import read_file
from tornado_cli.system.wakeup import leave_to_the_parent


def main() -> NoReturn:
    """Be a forkserver on the channel whose descriptor is the argument; forks come back here to be what they are for.

    The server's end is learnt from the channel, and not by a signal that kills: what the application has started is
    left for this process to end.
    """
    hosting = framework()
    control, boot = first_boot()
    process = AppProcess(boot, hosting, Recorder(), Compiled() if boot.config.warm else None)
    if process.compiled is not None:
        process.compiled.begin()
    born = Forkserver(control, boot, process.compiled).run()
    while True:
        if isinstance(born, NewProcess):
            if not boot.config.warm:
                descriptor = born.channel.detach()
                become_interpreter(
                    "tornado_cli.serve.forkservers.fresh_process", [str(descriptor)], descriptors=[descriptor]
                )
            leave_tidily(process.serve(process.wait_from_the_beginning(born.channel, born.footprint)))
        if process.held is None:
            process.held = HeldOutput(parse_levels(boot.config.log_level))
        else:
            process.held.part()
        if born.order.before:
            from tornado_cli.serve.forkservers.checkpoints import rehearse

            leave_tidily(rehearse(born, boot, process))
        process.recorder = Recorder([*process.recorder.known, *_warm_up(born, boot)])
        born = Forkserver(born.control, boot, process.compiled).run()


def framework() -> Hosting:
    """Make this interpreter one in which the application may be imported."""
    leave_to_the_parent(signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
    if os.isatty(0):
        # Elsewhere there is nothing to claim.
        from tornado_cli.app.terminal_readers import watch_readers

        watch_readers()
    # Else each start would import it by itself: Tornado does so when it first needs a loop.
    importlib.import_module("tornado.platform.asyncio")
    hosting = Hosting()
    # What is imported from now on finds Tornado as it will be.
    hosting.prepare()
    return hosting


def _warm_up(stage: NewStage, boot: ServeBoot) -> tuple[str, ...]:
    """Import what is listed, and return all that came with it; leave when one of the modules makes that impossible."""
    from tornado_cli.serve.forkservers.warm import CannotFork, import_for_all

    modules = Learned.from_bytes(read_file(stage.files[0])).third_party
    try:
        return import_for_all(modules, Target.from_dict(stage.order.target), boot.config.arguments)
    except CannotFork as error:
        stage.control.send(StageFailed(pid=os.getpid(), reason=str(error), cold=[error.module]))
        leave_at_once()
