"""A waterfall: awaits as bars on the time that their request took."""

from collections.abc import Iterable, Mapping
from typing import Any

from tornado_cli.app.sites import short_path
from tornado_cli.records import Record

WIDTH = 1000
"""Units of the drawing."""
_THINNEST = 3
"""Units of a bar that can still be seen."""


class Bar(Record, kw_only=True):
    """Places in units of the drawing, times in seconds."""

    what: str
    file: str
    line: int
    place: str
    """The two as people read them, and the function."""
    task: str
    """Empty as long as it is the same."""
    began: float
    seconds: float
    start: int
    width: int


def bars_of(awaits: Iterable[Mapping[str, Any]], seconds: float) -> list[Bar]:
    """Return them in the order in which the awaits began, on a scale of a request that took so many seconds."""
    awaits = list(awaits)
    scale = WIDTH / max([seconds, *(one["ended"] for one in awaits), 1e-6])
    first = awaits[0]["task"] if awaits else ""
    return [_bar(one, scale, "" if one["task"] == first else one["task"]) for one in awaits]


def _bar(one: Mapping[str, Any], scale: float, task: str) -> Bar:
    start = min(WIDTH - _THINNEST, round(max(0.0, one["began"]) * scale))
    width = max(_THINNEST, min(WIDTH - start, round((one["ended"] - one["began"]) * scale)))
    where = f"{short_path(one['file'])}:{one['line']}" if one.get("file") else ""
    return Bar(
        what=one.get("called") or one.get("function") or "something",
        file=one.get("file", ""),
        line=one.get("line", 0),
        place=" in ".join(part for part in (where, one.get("function", "")) if part),
        task=task,
        began=one["began"],
        seconds=one["ended"] - one["began"],
        start=start,
        width=width,
    )
