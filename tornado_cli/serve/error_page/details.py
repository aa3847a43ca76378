"""A failure as the error page shows it: exceptions with their frames, each with its source, as plain values."""

import json
import linecache
import os
import reprlib
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePath
from types import FrameType, TracebackType
from typing import Any, TypeAlias

import tornado_cli
from tornado_cli.app.failures import is_machinery
from tornado_cli.app.libraries import is_project
from tornado_cli.config.sources import working_directory
from tornado_cli.serve.browser_tools.hiding import Hider

Details: TypeAlias = dict[str, Any]
"""`parts` (exceptions, the one that came out first) and `place` (the line to look at, with its source)."""
_OUR_ROOT = f"{Path(tornado_cli.__file__).parent}{os.sep}"
_AROUND = 5
"""Lines shown before and after the one of a frame."""
_MOST_FRAMES = 40
_MOST_PARTS = 8
_MOST_VALUES = 30
_LONGEST_LINE = 240
_LONGEST_VALUE = 300
_LONGEST_MESSAGE = 4000
_MOST_BYTES = 96 * 1024
"""Of all of it, as it travels."""


def details_of(error: BaseException, hider: Hider, *, shows_locals: bool = False) -> Details:
    """Return what there is to see of an error; no other file is looked at than those of its frames."""
    parts = list(_parts(error, hider, shows_locals=shows_locals))[:_MOST_PARTS]
    return _within_size({"parts": parts, "place": _place(parts)})


def place_of_stack(stack: Iterable[tuple[str, int, str]], hider: Hider) -> Details:
    """Return the details of where code is: files, lines and functions, the innermost first."""
    frames = [_frame(file, line, name, {}, None, hider) for file, line, name in stack if not _is_folded(file)]
    parts = [{"kind": "", "type": "", "message": "", "notes": [], "frames": frames[:_MOST_FRAMES]}]
    return _within_size({"parts": parts, "place": _place(parts)})


def _parts(error: BaseException, hider: Hider, *, shows_locals: bool) -> Iterator[Details]:
    seen: set[int] = set()
    waiting: list[tuple[BaseException, str]] = [(error, "")]
    while waiting:
        one, kind = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield _part(one, kind, hider, shows_locals=shows_locals)
        if one.__cause__ is not None:
            waiting.append((one.__cause__, "cause"))
        elif one.__context__ is not None and not one.__suppress_context__:
            waiting.append((one.__context__, "context"))
        if isinstance(one, BaseExceptionGroup):
            members = [(member, "member") for member in one.exceptions]
            waiting += reversed(members)


def _part(error: BaseException, kind: str, hider: Hider, *, shows_locals: bool) -> Details:
    frames = [
        _frame(
            frame.f_code.co_filename,
            line,
            frame.f_code.co_qualname,
            frame.f_globals,
            _values(frame, hider) if shows_locals and is_project(frame.f_code.co_filename) else None,
            hider,
            columns,
        )
        for frame, line, columns in _walk(error.__traceback__)
    ]
    if isinstance(error, SyntaxError) and error.filename:
        frames.append(_frame_of_syntax(error, hider))
    if len(frames) > _MOST_FRAMES:
        frames = [*frames[: _MOST_FRAMES // 3], *frames[-2 * _MOST_FRAMES // 3 :]]
    notes = [str(note)[:_LONGEST_MESSAGE] for note in getattr(error, "__notes__", ())]
    return {
        "kind": kind,
        "type": _type_of(error),
        "message": hider.text(_message_of(error)),
        "notes": [hider.text(note) for note in notes],
        "frames": frames[::-1],
    }


def _walk(trace: TracebackType | None) -> Iterator[tuple[FrameType, int, tuple[int, int] | None]]:
    """Yield the frames, the outermost first, with the bytes of the line that were being run."""
    while trace is not None:
        code = trace.tb_frame.f_code
        if not _is_folded(code.co_filename):
            positions = list(code.co_positions())[trace.tb_lasti // 2] if trace.tb_lasti >= 0 else (None,) * 4
            first, last, start, end = positions
            columns = (start, end) if start is not None and end is not None and first == last else None
            yield trace.tb_frame, trace.tb_lineno, columns
        trace = trace.tb_next


def _is_folded(file: str) -> bool:
    return is_machinery(file) or file.startswith(_OUR_ROOT)


def _frame(
    file: str,
    line: int,
    function: str,
    module: Mapping[str, Any],
    values: list[tuple[str, str]] | None,
    hider: Hider,
    columns: tuple[int, int] | None = None,
) -> Details:
    lines = linecache.getlines(file, dict(module) if module else None)
    around = range(max(1, line - _AROUND), min(len(lines), line + _AROUND) + 1)
    source = [(number, hider.source(lines[number - 1].rstrip()[:_LONGEST_LINE])) for number in around]
    is_shown_as_is = bool(source) and dict(source).get(line) == lines[line - 1].rstrip()
    return {
        "file": shown_path(file),
        "path": str(Path(file).absolute()) if not file.startswith("<") else "",
        "line": line,
        "function": function,
        "is_own": is_project(file),
        "library": _library_of(file),
        "source": source,
        "columns": _in_characters(lines[line - 1], columns) if columns is not None and is_shown_as_is else None,
        "values": values,
    }


def _frame_of_syntax(error: SyntaxError, hider: Hider) -> Details:
    assert error.filename is not None
    line = error.lineno or 1
    frame = _frame(error.filename, line, "", {}, None, hider)
    start, end = (error.offset or 0) - 1, (error.end_offset or 0) - 1
    if start >= 0 and frame["source"]:
        frame["columns"] = (start, max(end, start + 1) if error.end_lineno in {None, line} else _LONGEST_LINE)
    return frame


def _in_characters(line: str, columns: tuple[int, int]) -> tuple[int, int]:
    data = line.encode(errors="surrogateescape")
    start, end = (len(data[:column].decode(errors="replace")) for column in columns)
    return start, end


def _values(frame: FrameType, hider: Hider) -> list[tuple[str, str]]:
    brief = reprlib.Repr()
    brief.maxstring = brief.maxother = _LONGEST_VALUE
    found = [(name, value) for name, value in frame.f_locals.items() if not name.startswith("__")]
    return [(name, hider.value(name, _shown(brief, value))) for name, value in found[:_MOST_VALUES]]


def _shown(brief: reprlib.Repr, value: object) -> str:
    try:
        return brief.repr(value)[:_LONGEST_VALUE]
    except Exception:  # noqa: BLE001 - the user's own __repr__.
        return f"<{type(value).__name__} that cannot be shown>"


def _type_of(error: BaseException) -> str:
    kind = type(error)
    return (
        kind.__qualname__ if kind.__module__ in {"builtins", "__main__"} else f"{kind.__module__}.{kind.__qualname__}"
    )


def _message_of(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return str(error.msg)
    try:
        return str(error)[:_LONGEST_MESSAGE]
    except Exception:  # noqa: BLE001 - the user's own __str__.
        return "(its message cannot be shown)"


def _place(parts: list[Details]) -> Details | None:
    """Return the frame to look at: the innermost of the project's own, of the first exception that has one.

    A group says no more than that there are others.
    """
    members = [part for part in parts if part["kind"] == "member"]
    frames = [frame for part in [*members, *parts] for frame in part["frames"]]
    return next((frame for frame in frames if frame["is_own"]), next(iter(frames), None))


def shown_path(file: str) -> str:
    """Return a file as people name it: from the project, or from where packages are installed."""
    for folder in (working_directory(), *_PACKAGES):
        if file.startswith(f"{folder}{os.sep}"):
            return file.removeprefix(f"{folder}{os.sep}")
    return file


def _library_of(file: str) -> str:
    if file.startswith("<"):
        return "Python"
    first = PurePath(shown_path(file)).parts[0]
    return first.removesuffix(".py") if first != os.sep else "others"


_PACKAGES = tuple(dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib", "stdlib")))


def _within_size(details: Details) -> Details:
    """Leave out what is least missed until it fits."""
    for leave_out in (_source_of_libraries, _all_values, _all_source, _all_frames):
        if len(json.dumps(details, ensure_ascii=False).encode(errors="surrogatepass")) <= _MOST_BYTES:
            break
        for part in details["parts"]:
            leave_out(part)
    return details


def _source_of_libraries(part: Details) -> None:
    for frame in part["frames"]:
        if not frame["is_own"]:
            frame["source"] = []


def _all_values(part: Details) -> None:
    for frame in part["frames"]:
        frame["values"] = None


def _all_source(part: Details) -> None:
    for frame in part["frames"][1:]:
        frame["source"] = []


def _all_frames(part: Details) -> None:
    part["frames"] = part["frames"][:5]
