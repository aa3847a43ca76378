"""The log of a process: in a top process the writer and a sender to it, in a child a sender only."""

import contextlib
import logging
import os
import socket
from collections.abc import Iterator

from tornado_cli.config.commands import ServingConfig
from tornado_cli.logs.access import LOGGER as ACCESS_LOGGER
from tornado_cli.logs.sender import LogSender
from tornado_cli.logs.settings import LogSettings, parse_levels
from tornado_cli.logs.setup import configure
from tornado_cli.logs.writer import LogWriter
from tornado_cli.system.wakeup import signals_for_main_thread_only

LAST_WORDS = 2.0
"""Seconds that the end of a process waits for its log to be written."""


def log_settings(config: ServingConfig) -> LogSettings:
    """Return what the log options of a command say."""
    return LogSettings(
        format=config.log_format,
        levels=config.log_level,
        access_log=config.access_log,
        log_file=config.log_file,
        access_log_file=config.access_log_file,
    )


@contextlib.contextmanager
def top_process_log(config: ServingConfig, source: str) -> Iterator[LogWriter]:
    """Write the tree's log until the block is left, with what was logged in it."""
    settings = log_settings(config)
    levels = parse_levels(settings.levels)
    writer = LogWriter(settings)
    with signals_for_main_thread_only():
        writer.start()
    sender = LogSender(writer.sender_end(), writer.format, source)
    configure(sender, levels)
    try:
        yield writer
    finally:
        sender.flush(LAST_WORDS)
        writer.close(LAST_WORDS)


def child_log(config: ServingConfig, descriptor: int, log_format: str, source: str) -> LogSender:
    """Send a child's log to the writer, by the descriptor that it inherited."""
    levels = parse_levels(config.log_level)
    shows_access = levels.get(ACCESS_LOGGER, levels.get("", logging.INFO)) <= logging.INFO
    end = socket.socket(fileno=descriptor)
    sender = LogSender(end, log_format, source, access_log=config.access_log and shows_access)
    configure(sender, levels)
    # What the application forks (process pools) must not hold our socket, nor send our batch again.
    os.register_at_fork(after_in_child=sender.detach)
    return sender


@contextlib.contextmanager
def temporary_log(config: ServingConfig, descriptor: int, log_format: str, source: str) -> Iterator[None]:
    """Send what is logged in the block; a process that forks afterwards has no sender that its children would share."""
    with socket.socket(fileno=os.dup(descriptor)) as end:
        sender = LogSender(end, log_format, source, access_log=False)
        configure(sender, parse_levels(config.log_level))
        try:
            yield
        finally:
            sender.flush(LAST_WORDS)
            logging.getLogger().removeHandler(sender.handler)
