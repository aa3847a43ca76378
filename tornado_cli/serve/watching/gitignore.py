"""What an ignore file says: git's patterns (gitignore(5), git's wildmatch.c), matched without git."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum, auto

from tornado_cli.records import Record

_CLASSES = {
    "alnum": "a-zA-Z0-9", "alpha": "a-zA-Z", "blank": " \\t", "cntrl": "\\x00-\\x1f\\x7f", "digit": "0-9",
    "graph": "!-~", "lower": "a-z", "print": " -~", "punct": "!-/:-@\\[-`{-~", "space": "\\s", "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}  # fmt: skip
_BRACKET = re.compile(r"\[(?P<negation>[!^]?+)(?P<content>\]?+(?:\[:[a-z]*:\]|\\.|[^\]\\])*)\]", re.DOTALL)
_MEMBER = re.compile(
    r"\[:(?P<name>[a-z]*):\]|(?P<first>\\.|[^\\])(?:-(?P<last>\\.|[^\\\]]))?",
    re.DOTALL,
)
_SPECIAL = re.compile(r"[*?\[\\]")
_NEVER = "(?!)"


class Kind(Enum):
    """What a pattern is compared with, and how: most need no regular expression, which costs more than all its uses."""

    NAME = auto()
    SUFFIX = auto()
    """Of the name."""
    PATH = auto()
    NAME_GLOB = auto()
    PATH_GLOB = auto()


class Pattern(Record):
    """One line."""

    kind: Kind
    text: str
    is_negated: bool
    is_for_folders: bool
    expression: re.Pattern[str] | None = None

    def matches(self, path: str, name: str) -> bool:
        """Compare with a path relative to the ignore file, whose last part is `name`."""
        match self.kind:
            case Kind.NAME:
                return name == self.text
            case Kind.SUFFIX:
                return name.endswith(self.text)
            case Kind.PATH:
                return path == self.text
        assert self.expression is not None
        return self.expression.fullmatch(name if self.kind is Kind.NAME_GLOB else path) is not None


class IgnoreFile:
    """The patterns of one file; they are about what is below `folder`."""

    def __init__(self, folder: str, patterns: Iterable[Pattern]) -> None:
        self._folder = folder
        self._patterns = tuple(patterns)
        self._texts = frozenset(one.text for one in self._patterns if one.kind in {Kind.NAME, Kind.PATH})
        self._suffixes = tuple(one.text for one in self._patterns if one.kind is Kind.SUFFIX)
        self._globs = tuple(one for one in self._patterns if one.expression is not None)

    def verdict(self, path: str, *, is_folder: bool) -> bool | None:
        """Say whether `path` is ignored; None where this file says nothing."""
        relative = path.removeprefix(self._folder).lstrip(os.sep)
        name = relative.rpartition(os.sep)[2]
        if self._says_nothing(relative, name):
            return None
        # The last line that matches counts.
        for pattern in reversed(self._patterns):
            if (is_folder or not pattern.is_for_folders) and pattern.matches(relative, name):
                return not pattern.is_negated
        return None

    def _says_nothing(self, relative: str, name: str) -> bool:
        """Tell so in a few steps, for most files: there are thousands."""
        return (
            name not in self._texts
            and relative not in self._texts
            and not name.endswith(self._suffixes)
            and not any(glob.matches(relative, name) for glob in self._globs)
        )


def is_ignored(files: Sequence[IgnoreFile], path: str, *, is_folder: bool) -> bool:
    """Say what the last, the innermost file that mentions it says; what its folders are is not looked at."""
    for file in reversed(files):
        verdict = file.verdict(path, is_folder=is_folder)
        if verdict is not None:
            return verdict
    return False


def parse_ignore_file(folder: str, text: str) -> IgnoreFile:
    """Return what a file says whose patterns are relative to `folder`."""
    lines = text.removeprefix("\ufeff").split("\n")
    return IgnoreFile(folder, _patterns(line.removesuffix("\r") for line in lines))


def _patterns(lines: Iterable[str]) -> Iterator[Pattern]:
    for line in lines:
        text = _without_trailing_spaces(line)
        if not text or text.startswith("#"):
            continue
        is_negated = text.startswith("!")
        text = text[is_negated:]
        is_for_folders = text.endswith("/")
        yield _pattern(text[:-1] if is_for_folders else text, is_negated, is_for_folders)


def _without_trailing_spaces(line: str) -> str:
    kept = line.rstrip(" ")
    backslashes = len(kept) - len(kept.rstrip("\\"))
    # An escaped space stays.
    return f"{kept} " if backslashes % 2 and len(kept) < len(line) else kept


def _pattern(glob: str, is_negated: bool, is_for_folders: bool) -> Pattern:
    is_name = "/" not in glob
    literal = glob.removeprefix("/")
    if not _SPECIAL.search(glob):
        return Pattern(Kind.NAME if is_name else Kind.PATH, literal, is_negated, is_for_folders)
    if is_name and glob.startswith("*") and not _SPECIAL.search(glob[1:]):
        return Pattern(Kind.SUFFIX, glob[1:], is_negated, is_for_folders)
    expression = re.compile(_expression(literal), re.DOTALL)
    return Pattern(Kind.NAME_GLOB if is_name else Kind.PATH_GLOB, literal, is_negated, is_for_folders, expression)


def _expression(glob: str) -> str:
    parts: list[str] = []
    at = 0
    while at < len(glob):
        text, length = _next_part(glob, at)
        parts.append(text)
        at += length
    return "".join(parts)


def _next_part(glob: str, at: int) -> tuple[str, int]:
    """Return the expression for what begins at `at`, and how long that is."""
    if glob[at] == "*":
        return _stars(glob, at)
    if glob[at] == "?":
        return "[^/]", 1
    if glob[at] == "[":
        bracket = _BRACKET.match(glob, at)
        return (_NEVER, 1) if bracket is None else (_bracket(bracket), len(bracket[0]))
    if glob[at] == "\\":
        return (re.escape(glob[at + 1]), 2) if at + 1 < len(glob) else (_NEVER, 1)
    return re.escape(glob[at]), 1


def _stars(glob: str, at: int) -> tuple[str, int]:
    length = len(glob[at:]) - len(glob[at:].lstrip("*"))
    after = glob[at + length : at + length + 1]
    # Only between slashes do two stars stand for folders.
    if length != len("**") or (at > 0 and glob[at - 1] != "/") or after not in {"", "/"}:
        return "[^/]*", length
    return ("(?:.*/)?", length + 1) if after else (".*", length)


def _bracket(bracket: re.Match[str]) -> str:
    members = "".join(_members(bracket["content"]))
    if bracket["negation"]:
        return f"[^/{members}]"
    return f"(?!/)[{members}]" if members else _NEVER


def _members(content: str) -> Iterator[str]:
    for member in _MEMBER.finditer(content):
        if member["name"] is not None:
            yield _CLASSES.get(member["name"], "")
            continue
        first = member["first"][-1]
        last = (member["last"] or first)[-1]
        if first <= last:
            yield f"{re.escape(first)}-{re.escape(last)}"
