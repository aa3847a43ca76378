"""A failure for clients that want no HTML: as Python writes tracebacks, or as values."""

from collections.abc import Iterator
from typing import Any

from tornado_cli.serve.error_page.details import Details

_BECAUSE = {
    "cause": "It was caused by:",
    "context": "It happened while this was dealt with:",
    "member": "One of the group:",
}


def title_of(part: Details) -> str:
    """Return an exception in one line, as far as it has one."""
    return f"{part['type']}: {part['message'].strip().partition(chr(10))[0]}".removesuffix(": ")


def failure_text(details: Details) -> str:
    """Return all of it as plain text, the exception that came out first."""
    return "\n".join(line for part in details["parts"] for line in _lines(part)) + "\n"


def _lines(part: Details) -> Iterator[str]:
    if part["kind"]:
        yield ""
        yield _BECAUSE[part["kind"]]
    for frame in reversed(part["frames"]):
        yield f'  File "{frame["file"]}", line {frame["line"]}' + (
            f", in {frame['function']}" if frame["function"] else ""
        )
        text = dict(map(tuple, frame["source"])).get(frame["line"], "").strip()
        if text:
            yield f"    {text}"
    if part["type"]:
        yield f"{part['type']}: {part['message']}".removesuffix(": ")
    yield from part["notes"]


def failure_values(details: Details) -> dict[str, Any]:
    """Return what a program may want to know of it."""
    return {
        "place": _short(details["place"]) if details["place"] is not None else None,
        "exceptions": [
            {
                "kind": part["kind"] or "raised",
                "type": part["type"],
                "message": part["message"],
                "notes": part["notes"],
                "frames": [_short(frame) for frame in part["frames"]],
            }
            for part in details["parts"]
        ],
    }


def _short(frame: Details) -> dict[str, Any]:
    return {name: frame[name] for name in ("file", "line", "function")}
