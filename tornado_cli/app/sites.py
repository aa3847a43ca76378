"""Places in running code: cheap to note, and what people are told of them."""

import ast
import dis
import linecache
import os
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from types import CodeType, FrameType

from tornado_cli.app.libraries import is_project
from tornado_cli.records import Record

_LONGEST_CALLED = 60
_MOST_FRAMES = 60
_AFTER_AWAIT = 3
"""What RESUME says of where it stands (dis)."""


class Site(Record):
    """A place in running code."""

    code: CodeType
    instruction: int
    line: int
    callee: CodeType | None = None
    """The Python function that was called there."""
    callee_module: str = ""


class Blame(Record, kw_only=True):
    """A place as people are told of it."""

    file: str
    line: int
    function: str = ""
    called: str = ""
    """What was called there, as it is written there."""

    def __str__(self) -> str:
        place = f"{short_path(self.file)}:{self.line}"
        return f"{place} in {self.function}" if self.function else place


def stack_of(frame: FrameType | None) -> list[FrameType]:
    """Return a frame and those that led to it."""
    stack: list[FrameType] = []
    while frame is not None:
        stack.append(frame)
        frame = frame.f_back
    return stack


def site_of(stack: Sequence[FrameType], is_own: Callable[[str], bool] = is_project) -> Site:
    """Return the innermost place in the project, else the innermost one; `stack` has the innermost frame first."""
    for number, frame in enumerate(stack):
        if is_own(frame.f_code.co_filename):
            return _site(frame, stack[number - 1] if number else None)
    return _site(stack[0], None)


def project_site_above(frame: FrameType | None) -> Site | None:
    """Return the innermost place in the project among a frame and those that led to it, if there is one near."""
    callee = None
    for _ in range(_MOST_FRAMES):
        if frame is None:
            return None
        if is_project(frame.f_code.co_filename):
            return _site(frame, callee)
        frame, callee = frame.f_back, frame
    return None


def _site(frame: FrameType, callee: FrameType | None) -> Site:
    return Site(
        code=frame.f_code,
        instruction=frame.f_lasti,
        line=frame.f_lineno,
        callee=None if callee is None else callee.f_code,
        callee_module="" if callee is None else str(callee.f_globals.get("__name__", "")),
    )


def owners_in(stack: Sequence[FrameType]) -> list[object]:
    """Return whose methods are being run: each frame's first argument, where it is called self."""
    return [frame.f_locals.get("self") for frame in stack if frame.f_code.co_varnames[:1] == ("self",)]


def blame_of(site: Site) -> Blame:
    return Blame(
        file=site.code.co_filename,
        line=site.line,
        function=short_name(site.code),
        called=_call_written_at(site) or _name_of_callee(site),
    )


def short_name(code: CodeType) -> str:
    """A function's name in its class; where a function defines it does not matter."""
    return code.co_qualname.rpartition("<locals>.")[2]


def short_path(file: str) -> str:
    """A path from the working directory on, when it is in it."""
    here = f"{Path.cwd()}{os.sep}"
    return file.removeprefix(here)


def _name_of_callee(site: Site) -> str:
    if site.callee is None:
        return ""
    if site.callee_module.startswith("importlib."):
        return "import"
    return f"{site.callee_module}.{short_name(site.callee)}"


def _call_written_at(site: Site) -> str:
    """Return the name by which something was called at a place; nothing when no call goes on there."""
    if site.callee is None and not _is_call(site):
        return ""
    try:
        node = ast.parse(f"({_source_at(site)})", mode="eval").body
    except (SyntaxError, ValueError):
        # The file has been edited since it was imported, or there is none.
        return ""
    if isinstance(node, ast.Await):
        node = node.value
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
        return ""
    name = ast.unparse(node.func)
    return name if len(name) <= _LONGEST_CALLED else ""


def _is_call(site: Site) -> bool:
    """Say whether something is called there, or awaited."""
    name, argument = dis.opname[site.code.co_code[site.instruction]], site.code.co_code[site.instruction + 1]
    # From Python 3.13 on, what is suspended stands already where it will go on.
    return "CALL" in name or name in {"SEND", "YIELD_VALUE"} or (name == "RESUME" and argument & 3 == _AFTER_AWAIT)


def _source_at(site: Site) -> str:
    """Return the text of the expression that a place is in, as the compiler noted it."""
    position = next(islice(site.code.co_positions(), site.instruction // 2, None), (None,) * 4)
    first, last, start, end = position
    if first is None or last is None or start is None or end is None:
        return ""
    lines = [linecache.getline(site.code.co_filename, number).encode() for number in range(first, last + 1)]
    # Columns are counted in bytes. From the end first: it may be the same line.
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][start:]
    return b"".join(lines).decode(errors="replace")
