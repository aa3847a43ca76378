"""From the options of `tcli run` to a running supervisor, and back."""

import logging
import os
import socket
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from tornado_cli.config.commands import RunConfig
from tornado_cli.config.sources import Settings, working_directory
from tornado_cli.errors import ExitCode, TcliError, as_sentences
from tornado_cli.logs.events import event
from tornado_cli.logs.processes import top_process_log
from tornado_cli.logs.writer import LogWriter
from tornado_cli.run.boot import RunBoot
from tornado_cli.run.certificate import credentials_of, tell
from tornado_cli.run.fleet import Fleet
from tornado_cli.run.limits import reread
from tornado_cli.run.plan import Plan, plan_of
from tornado_cli.run.supervisor import SIGNALS, Supervisor
from tornado_cli.system.addresses import url_of
from tornado_cli.system.bound import BoundAddresses
from tornado_cli.system.inbox import Inbox
from tornado_cli.system.interpreter import continue_in_project
from tornado_cli.system.listeners import open_listeners, port_of
from tornado_cli.system.tls.credentials import Credentials
from tornado_cli.terminal import Terminal

logger = logging.getLogger("tornado_cli.run")
ReadSettings = Callable[[], tuple[RunConfig, Settings]]


def run(config: RunConfig, settings: Settings, read: ReadSettings) -> ExitCode:
    """Serve in production until a signal ends it; `read` reads the settings once more, for a reload."""
    directory = working_directory()
    warning = continue_in_project(directory)
    if warning is not None:
        Terminal().warning(warning.message, warning.hint)
    plan = plan_of(config, settings, directory)
    credentials, about_it = credentials_of(plan.config)
    with top_process_log(config, "supervisor") as log:
        listeners = open_listeners(plan.config.host, config.port, config.backlog)
        # Before anything is said: who reads it may answer with a signal.
        inbox = Inbox(SIGNALS)
        _announce(plan, port_of(listeners), credentials, about_it)
        supervisor = Supervisor(
            _boot(plan, listeners, credentials, log),
            Fleet(workers=plan.workers, limits=plan.limits),
            BoundAddresses(listeners, config.backlog),
            log,
            inbox,
            directory=str(directory),
            reread=partial(_reread, read, directory),
        )
        return supervisor.run()


def _announce(plan: Plan, port: int, credentials: Credentials | None, about_it: str) -> None:
    if plan.is_open_to_platform:
        event(logger, logging.INFO, "platform", "PORT is set: listening on all addresses (--host changes that).")
    url = url_of("http" if credentials is None else "https", plan.config.host, port)
    event(logger, logging.INFO, "listening", f"Running {plan.target.title} on {url}", url=url, port=port)
    count = f"{plan.workers} {'worker' if plan.workers == 1 else 'workers'}{plan.why}"
    event(logger, logging.INFO, "workers", count, workers=plan.workers)
    if credentials is not None:
        tell(credentials, about_it)


def _boot(plan: Plan, listeners: list[socket.socket], credentials: Credentials | None, log: LogWriter) -> RunBoot:
    """Return what all generations are told; each adds its number, its channels and its scoreboard."""
    return RunBoot(
        config=plan.config,
        target=plan.target,
        parent=os.getpid(),
        generation=0,
        channels=(),
        listeners=tuple(listener.fileno() for listener in listeners),
        scoreboard=-1,
        credentials=None if credentials is None else credentials.open_descriptor(),
        log=log.sender_end().fileno(),
        log_format=log.format,
        environ=plan.environ,
    )


def _reread(read: ReadSettings, directory: Path, boot: RunBoot, fleet: Fleet) -> RunBoot:
    """Take over what has changed in the settings, name what has to wait, and find the application anew."""
    try:
        # By its path: a link that has been swapped leads to the new release, and to its settings.
        os.chdir(directory)
        plan = plan_of(*read(), directory)
    except (TcliError, OSError) as error:
        # Whatever it is, those who serve go on.
        hint = error.hint if isinstance(error, TcliError) else ""
        event(logger, logging.ERROR, "settings_failed", as_sentences("The old settings stay", str(error), hint))
        return boot
    config, waiting = reread(boot.config, plan.config)
    if waiting:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in waiting)
        message = f"Changed, but only a restart takes it: {names}."
        event(logger, logging.WARNING, "needs_restart", message, names=waiting)
    if config.workers != boot.config.workers:
        # Else what TTIN and TTOU have made of it stays.
        fleet.workers = plan.workers
    fleet.limits = plan.limits
    return replace(boot, config=config, target=plan.target, environ=plan.environ)
