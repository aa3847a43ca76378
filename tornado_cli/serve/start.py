"""From the options of `tcli serve` to a running dev server, and back."""

import gc
import logging
import os
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tornado_cli.app.discover import find_target
from tornado_cli.app.target import Target
from tornado_cli.config.companions import companions_of
from tornado_cli.config.serve import ServeConfig
from tornado_cli.config.sources import Settings, find_settings, working_directory
from tornado_cli.config.variables import strange_variables
from tornado_cli.errors import ExitCode
from tornado_cli.http.hosts.patterns import patterns_of
from tornado_cli.logs.events import event
from tornado_cli.logs.top_process import top_process_log
from tornado_cli.logs.writer import LogWriter
from tornado_cli.serve.boot import WORDS, ServeBoot
from tornado_cli.serve.browser_tools.editors import url_template
from tornado_cli.serve.certificate import Choice, certificate_for
from tornado_cli.serve.companions.start import company
from tornado_cli.serve.environment import Environment
from tornado_cli.serve.server import SIGNALS, Server
from tornado_cli.serve.terminal.greeting import greet
from tornado_cli.serve.terminal.keys import ALL_KEYS
from tornado_cli.serve.watching.changes import ChangedFiles
from tornado_cli.serve.watching.choice import ground_of, ignored_by
from tornado_cli.serve.watching.served import ServedFiles
from tornado_cli.serve.watching.watcher import Watcher
from tornado_cli.system.bound import BoundAddresses
from tornado_cli.system.inbox import Inbox
from tornado_cli.system.interpreter import continue_in_project
from tornado_cli.system.key_terminal import KeyTerminal
from tornado_cli.system.listeners import Opened, next_free, open_listeners, port_of
from tornado_cli.system.memory_files import anonymous_file
from tornado_cli.system.shared_words import SharedWords
from tornado_cli.system.terminal_guard import guarded
from tornado_cli.system.wakeup import signals_for_main_thread_only
from tornado_cli.terminal import Terminal

logger = logging.getLogger("tornado_cli.serve")


def serve(config: ServeConfig, settings: Settings) -> ExitCode:
    """Serve in development until a signal ends it."""
    # As it is called now: it may be moved, and another be made in its place.
    directory = working_directory()
    warning = continue_in_project(directory)
    if warning is not None:
        Terminal().warning(warning.message, warning.hint)
    for variable in strange_variables(os.environ):
        Terminal().warning(variable.message, variable.hint)
    target = _found(config, settings, directory)
    _check(config)
    environment = Environment(config, settings, directory)
    certificate = certificate_for(config)
    companions = companions_of(settings)
    ground = ground_of(config, directory, target.search_path, environment.files)
    # Where what we say goes elsewhere, the keys may be those of a pager.
    terminal = KeyTerminal(0 if os.isatty(1) else -1)
    # The guard comes first: as a copy of this process it must not hold listeners, nor be one of several threads.
    with guarded(terminal.descriptor), top_process_log(config, "server") as log, ExitStack() as ending:
        opened = _listen(config)
        # Before anything is said: who reads it may answer with a signal.
        inbox = Inbox(SIGNALS)
        keys = ALL_KEYS if terminal.is_ours() else ""
        url = greet(config, certificate.scheme, target, opened, ground.everything(), log.format, keys)
        certificate.tell()
        boot = _boot(config, directory, opened, log, certificate)
        environment.renew()
        changes = ChangedFiles()
        watcher = Watcher(ground, changes, _tell_polling, interval=config.poll_interval, always_polls=config.poll)
        served = _served(config, directory)
        server = Server(
            config,
            boot,
            partial(_found_again, config, directory),
            target,
            environment,
            BoundAddresses(opened.listeners, config.backlog),
            inbox,
            log,
            terminal,
            url,
            watcher,
            served,
        )
        with signals_for_main_thread_only():
            watcher.start()
        if served is not None:
            ending.callback(served.stop)
        ending.callback(changes.close)
        ending.callback(watcher.stop)
        ending.callback(terminal.give_back)
        ending.enter_context(
            company(companions, boot, log, environ=environment.variables, directory=settings.directory)
        )
        gc.freeze()
        gc.enable()
        return server.run()


def _check(config: ServeConfig) -> None:
    """Raise UsageError for what nobody looks at before the server stands."""
    patterns_of(config.allowed_hosts)
    url_template(config.editor, os.environ)


def _boot(config: ServeConfig, directory: Path, opened: Opened, log: LogWriter, certificate: Choice) -> ServeBoot:
    return ServeBoot(
        config=config,
        listeners=tuple(listener.fileno() for listener in opened.listeners),
        words=SharedWords.create("tcli-words", WORDS).descriptor,
        place=anonymous_file("tcli-place"),
        log=log.sender_end().fileno(),
        credentials=None if certificate.credentials is None else certificate.credentials.open_descriptor(),
        requests=_store_of_requests() if config.debug else None,
        log_format=log.format,
        token=os.urandom(16).hex(),
        directory=str(directory),
    )


def _served(config: ServeConfig, directory: Path) -> ServedFiles | None:
    if not config.livereload:
        return None
    ignored = ignored_by(config, directory)
    return ServedFiles(ignored, _tell_polling, interval=config.poll_interval, always_polls=config.poll)


def _store_of_requests() -> int:
    # Nothing of the inspector is there without --debug.
    from tornado_cli.serve.inspector.store import new_store

    return new_store()


def _found(config: ServeConfig, settings: Settings, directory: Path) -> Target:
    return find_target(
        config.app or None,
        directory,
        script=config.script,
        environ=os.environ,
        configured=settings.app or None,
    )


def _found_again(config: ServeConfig, directory: Path) -> Target:
    # The settings may name another one by now.
    return _found(config, find_settings(directory), directory)


def _listen(config: ServeConfig) -> Opened:
    if config.strict_port:
        listeners = open_listeners(config.host, config.port, config.backlog)
        return Opened(listeners, port_of(listeners))
    return next_free(config.host, config.port, config.backlog)


def _tell_polling(reason: str, interval: float) -> None:
    message = f"Looking for changes every {interval:g} s: {reason}."
    event(logger, logging.WARNING, "polling", message)
