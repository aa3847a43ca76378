"""How much is logged, in which shape, and where it goes."""

import logging
from collections.abc import Mapping, Sequence
from enum import StrEnum

from tornado_cli.errors import UsageError
from tornado_cli.records import Record

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}


class LogFormat(StrEnum):
    """The shape of a line; AUTO is settled before anything is logged."""

    AUTO = "auto"
    RICH = "rich"
    PLAIN = "plain"
    JSON = "json"


class LogSettings(Record, kw_only=True):
    """What the log options say; an empty path means no such file."""

    format: str = LogFormat.AUTO
    levels: tuple[str, ...] = ()
    access_log: bool = True
    log_file: str = ""
    access_log_file: str = ""


def resolve_format(format: str, is_terminal: bool, environ: Mapping[str, str]) -> LogFormat:  # noqa: A002 - the option's name
    """Rich for people, plain for everything else. NO_COLOR keeps the layout and takes the colour (`logs.render`)."""
    chosen = LogFormat(format)
    if chosen is not LogFormat.AUTO:
        return chosen
    return LogFormat.RICH if is_terminal and environ.get("TERM") not in {"dumb", "unknown"} else LogFormat.PLAIN


def parse_levels(levels: Sequence[str]) -> dict[str, int]:
    """Read `LEVEL` and `LOGGER=LEVEL`; the root logger's name is empty, the last word on a logger counts."""
    parsed: dict[str, int] = {}
    for item in levels:
        logger, _, name = item.rpartition("=")
        parsed["" if logger == "root" else logger.strip()] = _level(name.strip())
    return parsed


def _level(name: str) -> int:
    level = LEVELS.get(name.lower())
    if level is not None:
        return level
    from difflib import get_close_matches

    close = get_close_matches(name.lower(), LEVELS, n=1)
    guess = f'Did you mean "{close[0]}"? ' if close else ""
    raise UsageError(
        f'"{name}" is not a log level.',
        hint=f"{guess}Levels are {', '.join(LEVELS)}; LOGGER=LEVEL sets one logger, as in tornado.access=warning.",
    )
