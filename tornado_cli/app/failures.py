"""Describe why the user's code failed: their traceback, with what tcli and the interpreter add folded away."""

import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path
from traceback import StackSummary, TracebackException

from tornado_cli.app.libraries import is_project
from tornado_cli.records import Record

_MOST_CHARACTERS = 36 * 1024
_LONGEST_TITLE = 300
# How a call comes to the user's code; nothing anyone can mend.
_STDLIB = sysconfig.get_path("stdlib")
_MACHINERY = frozenset(
    {
        "<frozen importlib._bootstrap>",
        "<frozen importlib._bootstrap_external>",
        "<frozen runpy>",
        f"{_STDLIB}/importlib/__init__.py",
        f"{_STDLIB}/runpy.py",
        f"{_STDLIB}/asyncio/runners.py",
        f"{_STDLIB}/asyncio/base_events.py",
    }
)


class Failure(Record, kw_only=True):
    """Plain text all of it; a terminal or a page is somebody else's job."""

    title: str
    traceback_text: str
    file: str | None
    line: int | None


def describe_failure(error: BaseException, our_roots: Iterable[Path | str]) -> Failure:
    """`our_roots` are folders of which no frame is shown, unless there is no other."""
    roots = tuple(f"{root}/" for root in our_roots)
    whole = TracebackException.from_exception(error, compact=True)
    for part in _all_parts(whole):
        part.stack = _folded(part.stack, roots, has_own_place=part is whole and isinstance(error, SyntaxError))
    file, line = _position(error, whole.stack)
    return Failure(
        title=_title(error, whole.stack, file),
        traceback_text=_without_middle("".join(whole.format())),
        file=file,
        line=line,
    )


def _all_parts(whole: TracebackException) -> Iterator[TracebackException]:
    """The error, and those it comes from or contains."""
    waiting = [whole]
    while waiting:
        part = waiting.pop()
        yield part
        waiting += [other for other in [part.__cause__, part.__context__, *(part.exceptions or ())] if other]


def is_machinery(file: str) -> bool:
    """Say whether frames of this file are only how a call comes to the user's code."""
    return file in _MACHINERY


def _folded(stack: StackSummary, roots: tuple[str, ...], *, has_own_place: bool) -> StackSummary:
    kept = [frame for frame in stack if not frame.filename.startswith(roots) and not is_machinery(frame.filename)]
    return StackSummary.from_list(kept if kept or has_own_place else stack)


def _position(error: BaseException, stack: StackSummary) -> tuple[str | None, int | None]:
    """The line to look at: the last one that is the project's own."""
    if isinstance(error, SyntaxError) and error.filename:
        return error.filename, error.lineno
    own = [frame for frame in stack if is_project(frame.filename)]
    for frame in reversed(own or stack):
        return frame.filename, frame.lineno
    return None, None


def _title(error: BaseException, stack: StackSummary, file: str | None) -> str:
    match error:
        case SystemExit():
            who = Path(file).name if file else "The application"
            code = "" if error.code is None else repr(error.code)
            is_import = any(frame.name == "<module>" for frame in stack)
            title = f"{who} called sys.exit({code}) while it was {'imported' if is_import else 'started'}"
        case SyntaxError(filename=str() as filename):
            title = f"{type(error).__name__}: {error.msg} ({Path(filename).name}, line {error.lineno})"
        case _:
            title = f"{type(error).__name__}: {_message(error)}".removesuffix(": ")
    return title if len(title) <= _LONGEST_TITLE else f"{title[:_LONGEST_TITLE]}…"


def _message(error: BaseException) -> str:
    try:
        return str(error).strip().partition("\n")[0]
    except Exception:  # noqa: BLE001 - the user's own __str__.
        return "(its message cannot be shown)"


def _without_middle(text: str) -> str:
    """Where it began is said at the start, what happened at the end."""
    if len(text) <= _MOST_CHARACTERS:
        return text
    start, end = _MOST_CHARACTERS // 3, _MOST_CHARACTERS // 2
    return f"{text[:start]}\n… {len(text) - start - end} characters are left out …\n{text[-end:]}"
