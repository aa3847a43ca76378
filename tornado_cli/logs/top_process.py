"""The log of a top process: the writer, and a sender to it."""

import contextlib
from collections.abc import Iterator

from tornado_cli.config.serving import ServingConfig
from tornado_cli.logs.sender import LAST_WORDS, LogSender
from tornado_cli.logs.settings import LogSettings, parse_levels
from tornado_cli.logs.setup import configure
from tornado_cli.logs.writer import LogWriter
from tornado_cli.system.wakeup import signals_for_main_thread_only


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
