"""What a log record is, and its shapes: a plain line, a JSON line, values for the wire."""

import json
import logging
import math
import re
import time
from collections.abc import Mapping
from functools import lru_cache
from itertools import islice
from types import MappingProxyType
from typing import Any, Self

from tornado_cli import records
from tornado_cli.logs.masking import mask_text, visible
from tornado_cli.terminal import CONTROLS

LINE_LIMIT = 64 * 1024
"""Bytes of one finished record; a larger one is cut, with a note."""

NAME_LIMIT = 64
FIELD_LIMIT = 16
"""Of a record that is cut."""

COMPANION = "tornado_cli.companion"
"""Logger of what the programs beside a dev server print: their own names are their sources."""

_UNSAFE = re.compile(f"[{CONTROLS}]")
_TRACEBACKS = logging.Formatter()
_INDENT = "    "


class Record(records.Record, kw_only=True):
    """One thing that a process has to say."""

    time: float
    level: int
    logger: str
    message: str
    source: str
    pid: int = 0
    event: str = ""
    fields: Mapping[str, Any] = MappingProxyType({})
    traceback: str = ""

    @classmethod
    def from_logging(cls, record: logging.LogRecord, source: str) -> Self:
        """Take what `logging` made, with the `event` and `fields` that `extra` gave it."""
        message = record.getMessage()
        # Without one where a record came from elsewhere and was made again.
        name = record.name or "root"
        # Other libraries may use these names for something else.
        event, fields = getattr(record, "event", ""), getattr(record, "fields", {})
        traceback = getattr(record, "traceback", "")
        return cls(
            time=record.created,
            level=record.levelno,
            logger=name,
            message=mask_text(" ".join(message.splitlines())) if name.startswith("tornado.") else message,
            source=source,
            pid=record.process or 0,
            event=event if isinstance(event, str) else "",
            fields=fields if isinstance(fields, Mapping) else {},
            traceback=traceback if isinstance(traceback, str) and traceback else _traceback_of(record),
        )

    def to_plain(self) -> str:
        """One line, for people: `fields` are for programs.

        A traceback follows indented, so that no text can pass for a record of its own.
        """
        name = "" if is_own(self.logger) else f"{self.logger}: "
        said = visible(f"{name}{self.message}")
        line = f"{iso_time(self.time)} {logging.getLevelName(self.level)} [{self.source}] {said}"
        if not self.traceback:
            return line
        traceback = visible(self.traceback.rstrip("\n"), multiline=True).replace("\n", f"\n{_INDENT}")
        return f"{line}\n{_INDENT}{traceback}"

    def to_json(self) -> str:
        """One line of JSON, the event's fields beside the record's own; one that takes an own name is `fields.NAME`."""
        values: dict[str, Any] = {
            "time": iso_time(self.time),
            "level": logging.getLevelName(self.level).lower(),
            "logger": self.logger,
            "source": self.source,
            # Whoever printed into a pipe is not known.
            **({"pid": self.pid} if self.pid else {}),
            "message": self.message,
        }
        if self.event:
            values["event"] = self.event
        if self.traceback:
            values["traceback"] = self.traceback
        own = {*values, "pid", "event", "traceback"}
        return to_json_line(values | {f"fields.{key}" if key in own else key: v for key, v in self.fields.items()})

    def to_wire(self) -> str:
        return to_json_line({**vars(self), "fields": dict(self.fields)})

    @classmethod
    def from_wire(cls, text: str | bytes) -> Self:
        """Read what `to_wire` wrote; TypeError or ValueError when it was something else."""
        return cls(**json.loads(text))

    def is_shorter_than(self, limit: int) -> bool:
        return len(self.message) < limit and len(self.traceback) < limit

    def cut(self, keep: int) -> Self:
        """The same with texts of about `keep` characters: the beginning of a message, the end of a traceback."""
        some = dict(islice(self.fields.items(), FIELD_LIMIT))
        return self.but(
            logger=self.logger[:NAME_LIMIT],
            event=self.event[:NAME_LIMIT],
            message=cut_text(self.message, keep),
            traceback=cut_text_before(self.traceback, keep),
            fields={str(key)[:NAME_LIMIT]: cut_text(str(value), keep // FIELD_LIMIT) for key, value in some.items()},
        )


def is_own(logger: str) -> bool:
    """Whether the name says nothing to the reader of a line: the root logger's and our own modules'."""
    return logger == "root" or logger.startswith("tornado_cli")


def cut_text(text: str, keep: int) -> str:
    return text if len(text) <= keep else f"{text[:keep]} [{len(text) - keep} characters cut]"


def cut_text_before(text: str, keep: int) -> str:
    return text if len(text) <= keep else f"[{len(text) - keep} characters cut]\n{text[len(text) - keep :]}"


def _traceback_of(record: logging.LogRecord) -> str:
    parts = []
    if record.exc_info and record.exc_info[0] is not None:
        parts.append(_TRACEBACKS.formatException(record.exc_info))
    elif record.exc_text:
        parts.append(record.exc_text)
    if record.stack_info:
        parts.append(record.stack_info)
    return "\n".join(parts)


@lru_cache(maxsize=64)
def _second_and_zone(second: int) -> tuple[str, str]:
    moment = time.localtime(second)
    zone = time.strftime("%z", moment)
    return time.strftime("%Y-%m-%dT%H:%M:%S", moment), f"{zone[:3]}:{zone[3:]}"


# Of a busy server many lines are of the same millisecond.
@lru_cache(maxsize=64)
def _iso_time(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    second, zone = _second_and_zone(seconds)
    return f"{second}.{rest:03d}{zone}"


def iso_time(moment: float) -> str:
    """Local time with milliseconds and UTC offset, as ISO 8601 has it."""
    return _iso_time(int(moment * 1000))


def clock_time(moment: float) -> str:
    """The time of day alone, for people who watch."""
    return iso_time(moment)[11:23]


def to_json_line(values: Mapping[str, Any]) -> str:
    """JSON that is always valid, always one line, and has nothing in it that a terminal obeys."""
    try:
        text = json.dumps(values, ensure_ascii=False, default=str, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        # Odd keys, not-a-number, a circle: what the user put into `fields`.
        text = json.dumps({str(key): _plain_value(value) for key, value in values.items()}, ensure_ascii=False)
    return text if text.isprintable() else _UNSAFE.sub(_json_escape, text)


def _json_escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    # Half a character is no text for a strict reader: show it as `visible` does.
    return f"\\\\u{code:04x}" if 0xD800 <= code <= 0xDFFF else f"\\u{code:04x}"  # noqa: PLR2004 - Unicode's surrogates


def _plain_value(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): repr(item) for key, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, str | int | float | None) else repr(value)
