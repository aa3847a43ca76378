"""From the options of `tcli run` to a running supervisor, and back."""

import logging
import os

from tornado_cli.app.discover import find_target
from tornado_cli.config.commands import RunConfig
from tornado_cli.config.sources import Settings, working_directory
from tornado_cli.errors import ExitCode
from tornado_cli.http.loops import check_loop
from tornado_cli.logs.events import event
from tornado_cli.logs.processes import top_process_log
from tornado_cli.run.boot import RunBoot
from tornado_cli.run.certificate import credentials_of, tell
from tornado_cli.run.fleet import Fleet
from tornado_cli.run.supervisor import SIGNALS, Supervisor
from tornado_cli.system.addresses import url_of
from tornado_cli.system.bound import BoundAddresses
from tornado_cli.system.cpus import usable_cpus
from tornado_cli.system.inbox import Inbox
from tornado_cli.system.interpreter import continue_in_project
from tornado_cli.system.listeners import open_listeners, port_of
from tornado_cli.terminal import Terminal

logger = logging.getLogger("tornado_cli.run")
SPARES = 2
"""Slots that wait unloaded, besides as many as there are workers."""


def run(config: RunConfig, settings: Settings) -> ExitCode:
    """Serve in production until a signal ends it."""
    warning = continue_in_project(working_directory())
    if warning is not None:
        Terminal().warning(warning.message, warning.hint)
    target = find_target(
        config.app or None,
        working_directory(),
        script=config.script,
        environ=os.environ,
        configured=settings.app or None,
    )
    check_loop(config.loop)
    credentials, about_it = credentials_of(config)
    workers, why = _worker_count(config)
    listeners = open_listeners(config.host, config.port, config.backlog)
    port = port_of(listeners)
    with top_process_log(config, "supervisor") as log:
        # Before anything is said: who reads it may answer with a signal.
        inbox = Inbox(SIGNALS)
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
        fleet = Fleet(
            workers=workers,
            spares=workers + SPARES,
            graceful_timeout=config.graceful_timeout,
            boot_timeout=config.boot_timeout,
            drain_delay=config.drain_delay,
        )
        return Supervisor(boot, fleet, BoundAddresses(listeners, config.backlog), log, inbox).run()


def _worker_count(config: RunConfig) -> tuple[int, str]:
    if config.workers:
        return config.workers, ""
    cpus = usable_cpus()
    return cpus.count, f": {cpus.reason}"
