"""The log of a process that is no top process: a sender to the writer there."""

import contextlib
import logging
import os
import socket
from collections.abc import Iterator

from tornado_cli.config.serving import ServingConfig
from tornado_cli.logs.access import LOGGER as ACCESS_LOGGER
from tornado_cli.logs.sender import LAST_WORDS, LogSender
from tornado_cli.logs.settings import parse_levels
from tornado_cli.logs.setup import configure


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
