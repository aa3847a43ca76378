"""What the inspector's pages show of a record: plain words and numbers; templates escape and place them."""

import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from tornado_cli.app.sites import short_path
from tornado_cli.http.exchange import SWITCHING_PROTOCOLS
from tornado_cli.logs.masking import mask_query
from tornado_cli.logs.record import clock_time, cut_text
from tornado_cli.records import Record
from tornado_cli.serve.browser_tools.hiding import Hider
from tornado_cli.serve.inspector.bodies import Shown, shown_body
from tornado_cli.serve.inspector.masking import masked_fields, masked_headers, masked_text
from tornado_cli.serve.inspector.waterfall import Bar, bars_of
from tornado_cli.terminal import visible

_CLIENT_ERRORS, _SERVER_ERRORS = 400, 500
_LONGEST_PATH = 500
_SECOND, _TEN = 1.0, 10.0
_LEFT_OUT: Mapping[str, Any] = {
    **dict.fromkeys(("request_headers", "answer_headers", "logs", "exceptions", "awaits"), ()),
    **dict.fromkeys(("request_body", "answer_body", "request_id", "client", "function"), ""),
    **dict.fromkeys(("request_size", "answer_size"), 0),
    "first_byte": None,
}
"""Of a request that was too large for its place."""


class Row(Record, kw_only=True):
    """A request as the list has it."""

    number: int
    time: str
    method: str
    path: str
    status: str
    kind: str
    """What stands for its colour: `good`, `moved`, `bad`, `broken`, `open`."""
    duration: str
    handler: str
    place: str
    is_going_on: bool
    badges: tuple[tuple[str, str], ...]
    """Kind and text of each."""


class Place(Record):
    """Where something stands in code."""

    file: str
    line: int
    text: str


class Details(Record, kw_only=True):
    """A request as its own page has it."""

    row: Row
    facts: tuple[tuple[str, str], ...]
    written_in: Place | None
    request_headers: Sequence[tuple[str, str]]
    request_body: Shown
    query: Sequence[tuple[str, str]]
    answer_headers: Sequence[tuple[str, str]]
    answer_body: Shown
    marks: tuple[str, ...]
    exceptions: Sequence[Mapping[str, Any]]
    logs: Sequence[Mapping[str, Any]]
    left_out: int
    """Log lines that were not kept."""
    is_traced: bool
    bars: Sequence[Bar]
    again_of: int


def row_of(record: Mapping[str, Any], now: float) -> Row:
    """Return it; `now` is the time of day, for what is still going on."""
    return Row(
        number=record["number"],
        time=clock_time(record["began"]),
        method=visible(record["method"]),
        path=visible(cut_text(mask_query(record["path"]), _LONGEST_PATH)),
        status=str(record["status"] or "…"),
        kind=_kind_of(record),
        duration=spoken(_seconds(record, now)),
        handler=record["handler"],
        place=place(record),
        is_going_on=_is_going_on(record),
        badges=tuple(_badges(record)),
    )


def details_of(record: Mapping[str, Any], now: float) -> Details:
    record = {**_LEFT_OUT, **record}
    logs = record["logs"]
    hider = Hider(os.environ, dict(record["request_headers"]))
    return Details(
        row=row_of(record, now),
        facts=tuple(_facts(record, now)),
        written_in=_place_of(record, record["function"]),
        request_headers=_headers(record, "request_headers"),
        request_body=shown_body(record["request_body"], record["request_size"], record["request_headers"]),
        query=_query(record["path"]),
        answer_headers=_headers(record, "answer_headers"),
        answer_body=shown_body(record["answer_body"], record["answer_size"], record["answer_headers"]),
        marks=tuple(_spoken_mark(mark) for mark in record["marks"]),
        exceptions=[_shown_exception(one, hider) for one in record["exceptions"]],
        logs=[_shown_line(line, hider) for line in logs],
        left_out=record["lines"] - len(logs),
        is_traced=record["is_traced"],
        bars=bars_of(record["awaits"], _seconds(record, now)),
        again_of=record["again_of"],
    )


def spoken(seconds: float) -> str:
    """Return a duration as people read it: three figures say enough."""
    if seconds >= _TEN:
        return f"{seconds:.1f} s"
    return f"{seconds:.2f} s" if seconds >= _SECOND else f"{seconds * 1000:.1f} ms"


def place(values: Mapping[str, Any]) -> str:
    return f"{short_path(values['file'])}:{values['line']}" if values.get("file") else ""


def _seconds(record: Mapping[str, Any], now: float) -> float:
    duration = record["duration"]
    return float(max(0.0, now - record["began"]) if duration is None else duration)


def _is_going_on(record: Mapping[str, Any]) -> bool:
    return record["duration"] is None and _lives(record["pid"])


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _kind_of(record: Mapping[str, Any]) -> str:
    status = record["status"]
    if _is_going_on(record):
        return "open"
    if not status or status >= _SERVER_ERRORS:
        return "broken"
    if status >= _CLIENT_ERRORS:
        return "bad"
    return "moved" if status >= 300 else "good"  # noqa: PLR2004 - RFC 9110, 15.4.


def _badges(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    badges: list[tuple[str, str]] = []
    if record["duration"] is None:
        badges.append(("note", "going on") if _lives(record["pid"]) else ("broken", "never ended"))
    if record["status"] == SWITCHING_PROTOCOLS:
        badges.append(("note", "WebSocket"))
    held = sum(mark["seconds"] for mark in record["marks"] if mark["is_culprit"])
    waited = sum(mark["seconds"] for mark in record["marks"] if not mark["is_culprit"])
    badges += [("broken", f"held the loop {spoken(held)}")] if held else []
    badges += [("bad", f"waited {spoken(waited)} for the loop")] if waited else []
    badges += [("broken", _count(record["failures"], "exception"))] if record["failures"] else []
    badges += [("note", _count(record["lines"], "log line"))] if record["lines"] else []
    badges += [("note", f"again: #{record['again_of']}")] if record["again_of"] else []
    badges += [("note", "traced")] if record["is_traced"] else []
    return badges


def _facts(record: Mapping[str, Any], now: float) -> list[tuple[str, str]]:
    first = record["first_byte"]
    facts = [
        ("Began", clock_time(record["began"])),
        ("Took", spoken(_seconds(record, now))),
        ("Answer began after", "" if first is None else spoken(first)),
        ("Handler", record["handler"]),
        ("Client", record["client"]),
        ("Request id", record["request_id"]),
        ("Process", str(record["pid"])),
    ]
    return [(name, value) for name, value in facts if value]


def _headers(record: Mapping[str, Any], name: str) -> list[tuple[str, str]]:
    return [(visible(key), visible(value)) for key, value in masked_headers(record[name])]


def _query(path: str) -> list[tuple[str, str]]:
    return masked_fields(parse_qsl(path.partition("?")[2], keep_blank_values=True))


def _spoken_mark(mark: Mapping[str, Any]) -> str:
    if mark["is_culprit"]:
        return f"Held the event loop for {spoken(mark['seconds'])}: {mark['place']}."
    return f"Waited {spoken(mark['seconds'])} for the event loop, which was held by {mark['place']}."


def _place_of(values: Mapping[str, Any], function: str = "") -> Place | None:
    if not values.get("file"):
        return None
    return Place(values["file"], values["line"], " in ".join(part for part in (place(values), function) if part))


def _shown_exception(exception: Mapping[str, Any], hider: Hider) -> dict[str, Any]:
    title, text = (masked_text(hider.text(exception[name])) for name in ("title", "text"))
    return {"title": title, "text": text, "place": _place_of(exception)}


def _shown_line(line: Mapping[str, Any], hider: Hider) -> dict[str, Any]:
    return {
        "at": spoken(line["at"]),
        "level": line["level"].lower(),
        "logger": visible(line["logger"]),
        "message": masked_text(hider.text(visible(line["message"], multiline=True))),
    }


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
