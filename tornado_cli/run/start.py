"""From the options of `tcli run` to a running supervisor, and back."""

import logging
import os
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

from tornado_cli.config.run import RunConfig
from tornado_cli.config.sources import Settings, working_directory
from tornado_cli.config.variables import about_misplaced_settings, strange_variables
from tornado_cli.errors import ExitCode, TcliError, as_sentences
from tornado_cli.logs.events import event
from tornado_cli.logs.top_process import top_process_log
from tornado_cli.logs.writer import LogWriter
from tornado_cli.run.boot import RunBoot
from tornado_cli.run.certificates.choice import check_hosts, sources_of, terms_of
from tornado_cli.run.certificates.keeper import Certificates
from tornado_cli.run.fleet import Fleet
from tornado_cli.run.limits import reread
from tornado_cli.run.listening import first_port, in_words, is_on_platform, redirecting_urls_of, tcp_hosts, urls_of
from tornado_cli.run.plan import Plan, plan_of
from tornado_cli.run.supervisor import SIGNALS, Supervisor
from tornado_cli.system.bound import BoundAddresses
from tornado_cli.system.inbox import Inbox
from tornado_cli.system.interpreter import continue_in_project
from tornado_cli.system.open_addresses import Listener, OpenAddresses
from tornado_cli.terminal import Terminal

logger = logging.getLogger("tornado_cli.run")
ReadSettings = Callable[[], tuple[RunConfig, Settings]]


def run(config: RunConfig, settings: Settings, read: ReadSettings) -> ExitCode:
    """Serve in production until a signal ends it; `read` reads the settings once more, for a reload."""
    directory = working_directory()
    warning = continue_in_project(directory)
    if warning is not None:
        Terminal().warning(warning.message, warning.hint)
    for variable in strange_variables(os.environ):
        Terminal().warning(variable.message, variable.hint)
    plan = plan_of(config, settings, directory)
    with top_process_log(config, "supervisor") as log, closing(OpenAddresses(config.backlog)) as addresses:
        listeners = addresses.open(plan.binds)
        sources, about_them = sources_of(plan.config, tcp_hosts(listeners))
        certificates = None if sources is None else Certificates(sources, terms_of(plan.config))
        # Before anything is said: who reads it may answer with a signal.
        inbox = Inbox(SIGNALS)
        _announce(plan, listeners, certificates, about_them)
        supervisor = Supervisor(
            _boot(plan, log),
            Fleet(workers=plan.workers, limits=plan.limits),
            addresses,
            BoundAddresses((), config.backlog),
            log,
            inbox,
            directory=directory,
            certificates=certificates,
            reread=partial(_reread, read, directory, addresses),
        )
        return supervisor.run()


def _announce(plan: Plan, listeners: Sequence[Listener], certificates: Certificates | None, about_them: str) -> None:
    if is_on_platform(plan.config):
        event(logger, logging.INFO, "platform", "PORT is set: listening on all addresses (--host changes that).")
    urls = urls_of(listeners, "http" if certificates is None else "https")
    text = f"Running {plan.target.title} on {in_words(urls)}"
    event(logger, logging.INFO, "listening", text, url=urls[0], port=first_port(listeners), urls=urls)
    if misplaced := about_misplaced_settings(plan.environ, os.environ):
        event(logger, logging.WARNING, "misplaced_settings", misplaced)
    count = f"{plan.workers} {'worker' if plan.workers == 1 else 'workers'}{plan.why}"
    event(logger, logging.INFO, "workers", count, workers=plan.workers)
    if redirecting := redirecting_urls_of(listeners):
        text = f"Plain HTTP on {in_words(redirecting)} is sent on to HTTPS"
        event(logger, logging.INFO, "redirecting", text, urls=redirecting)
    if certificates is not None:
        certificates.introduce(about_them, tcp_hosts(listeners))
    if certificates is not None and first_port(listeners) is None:
        text = "TLS is for TCP; the Unix sockets, which are all that is listened on, are plain."
        event(logger, logging.WARNING, "plain", text)


def _boot(plan: Plan, log: LogWriter) -> RunBoot:
    """Return what all generations are told; each adds its number, its channels, listeners and scoreboard."""
    return RunBoot(
        config=plan.config,
        target=plan.target,
        parent=os.getpid(),
        generation=0,
        channels=(),
        listeners=(),
        redirects=(),
        https_port=0,
        scoreboard=-1,
        log=log.sender_end().fileno(),
        log_format=log.format,
        environ=plan.environ,
    )


def _reread(
    read: ReadSettings, directory: Path, addresses: OpenAddresses, boot: RunBoot, fleet: Fleet
) -> RunBoot | None:
    """Take over what has changed in the settings, name what has to wait, and find the application anew.

    Return None when there is an address to which it cannot move: then nothing is to be reloaded.
    """
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
    try:
        check_hosts(config, tcp_hosts(addresses.open(plan.binds)))
    except TcliError as error:
        event(logger, logging.ERROR, "reload_refused", as_sentences(f"Not reloaded: {error}", error.hint))
        return None
    if waiting:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in waiting)
        message = f"Changed, but only a restart takes it: {names}."
        event(logger, logging.WARNING, "needs_restart", message, names=waiting)
    if config.workers != boot.config.workers:
        # Else what TTIN and TTOU have made of it stays.
        fleet.workers = plan.workers
    fleet.limits = plan.limits
    return replace(boot, config=config, target=plan.target, environ=plan.environ)
