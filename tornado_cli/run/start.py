"""From the options of `tcli run` to a running supervisor, and back."""

import logging
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from tornado_cli.app.discover import find_target
from tornado_cli.app.target import Kind, Target
from tornado_cli.config.commands import RunConfig
from tornado_cli.config.sources import Settings, working_directory
from tornado_cli.errors import ExitCode, TcliError, UsageError, as_sentences
from tornado_cli.http.loops import check_loop
from tornado_cli.logs.events import event
from tornado_cli.logs.processes import top_process_log
from tornado_cli.run.boot import RunBoot
from tornado_cli.run.certificate import credentials_of, tell
from tornado_cli.run.fleet import Fleet
from tornado_cli.run.limits import limits_of, reread
from tornado_cli.run.supervisor import SIGNALS, Supervisor
from tornado_cli.system.addresses import url_of
from tornado_cli.system.bound import BoundAddresses
from tornado_cli.system.cpus import usable_cpus
from tornado_cli.system.inbox import Inbox
from tornado_cli.system.interpreter import continue_in_project
from tornado_cli.system.listeners import open_listeners, port_of
from tornado_cli.terminal import Terminal

logger = logging.getLogger("tornado_cli.run")


def run(config: RunConfig, settings: Settings, read: Callable[[], tuple[RunConfig, Settings]]) -> ExitCode:
    """Serve in production until a signal ends it; `read` reads the settings once more, for a reload."""
    warning = continue_in_project(working_directory())
    if warning is not None:
        Terminal().warning(warning.message, warning.hint)
    config = _open_to_the_platform(config)
    directory = working_directory()
    target = _find(config, settings, directory)
    check_loop(config.loop)
    if config.preload and target.kind is Kind.SCRIPT:
        raise UsageError(
            f"{target.title} cannot be preloaded: a script starts its own loop, which processes cannot share.",
            hint="Leave --preload out, or put the application into a function: tcli run main:make_app",
        )
    credentials, about_it = credentials_of(config)
    workers, why = _worker_count(config)
    limits = limits_of(config, workers)
    listeners = open_listeners(config.host, config.port, config.backlog)
    port = port_of(listeners)
    with top_process_log(config, "supervisor") as log:
        # Before anything is said: who reads it may answer with a signal.
        inbox = Inbox(SIGNALS)
        if config.host == "0.0.0.0" and "host" not in config.given:  # noqa: S104 - see above.
            event(logger, logging.INFO, "platform", "PORT is set: listening on all addresses (--host changes that).")
        url = url_of("http" if credentials is None else "https", config.host, port)
        event(logger, logging.INFO, "listening", f"Running {target.title} on {url}", url=url, port=port)
        event(
            logger,
            logging.INFO,
            "workers",
            f"{workers} {'worker' if workers == 1 else 'workers'}{why}",
            workers=workers,
        )
        if credentials is not None:
            tell(credentials, about_it)
        boot = RunBoot(
            config=config,
            target=target,
            parent=os.getpid(),
            generation=0,
            channels=(),
            listeners=tuple(listener.fileno() for listener in listeners),
            scoreboard=-1,
            credentials=None if credentials is None else credentials.open_descriptor(),
            log=log.sender_end().fileno(),
            log_format=log.format,
        )
        fleet = Fleet(workers=workers, limits=limits)
        supervisor = Supervisor(
            boot,
            fleet,
            BoundAddresses(listeners, config.backlog),
            log,
            inbox,
            directory=str(directory),
            reread=partial(_reread, read, directory),
        )
        return supervisor.run()


def _find(config: RunConfig, settings: Settings, directory: Path) -> Target:
    return find_target(
        config.app or None,
        directory,
        script=config.script,
        environ=os.environ,
        configured=settings.app or None,
    )


def _reread(read: Callable[[], tuple[RunConfig, Settings]], directory: Path, boot: RunBoot, fleet: Fleet) -> RunBoot:
    """Take over what has changed in the settings, name what has to wait, and find the application anew."""
    try:
        config, settings = read()
        config, waiting = reread(boot.config, _open_to_the_platform(config))
        check_loop(config.loop)
        target = _find(config, settings, directory)
        workers = fleet.workers if config.workers == boot.config.workers else _worker_count(config)[0]
        limits = limits_of(config, workers)
    except TcliError as error:
        event(logger, logging.ERROR, "settings_failed", as_sentences("The old settings stay", str(error), error.hint))
        return boot
    if waiting:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in waiting)
        event(
            logger, logging.WARNING, "needs_restart", f"Changed, but only a restart takes it: {names}.", names=waiting
        )
    fleet.workers, fleet.limits = workers, limits
    return replace(boot, config=config, target=target)


def _open_to_the_platform(config: RunConfig) -> RunConfig:
    """Listen on all addresses when a platform says the port by PORT: its router is not on this machine."""
    if config.given.get("port") == "PORT" and "host" not in config.given:
        return replace(config, host="0.0.0.0")  # noqa: S104 - the platform's convention, and it is said.
    return config


def _worker_count(config: RunConfig) -> tuple[int, str]:
    if config.workers:
        return config.workers, ""
    cpus = usable_cpus()
    return cpus.count, f": {cpus.reason}"
