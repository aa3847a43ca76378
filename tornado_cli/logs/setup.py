"""Makes `logging` of this process speak to the log writer, and to nobody else."""

import logging
from collections.abc import Mapping

from tornado_cli.logs.sender import LogSender


def configure(sender: LogSender, levels: Mapping[str, int]) -> None:
    """Give the root logger this sender's handler alone; `levels` as `parse_levels` reads them, INFO when silent."""
    root = logging.getLogger()
    for handler in tuple(root.handlers):
        root.removeHandler(handler)
    root.addHandler(sender.handler)
    set_levels(levels)


def set_levels(levels: Mapping[str, int]) -> None:
    """Let through what `levels` say; warnings go the way of the log."""
    logging.getLogger().setLevel(logging.INFO)
    for name, level in levels.items():
        logging.getLogger(name or None).setLevel(level)
    logging.captureWarnings(True)
