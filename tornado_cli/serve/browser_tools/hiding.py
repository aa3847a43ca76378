"""What a page must not show: values whose names say that they are secret, wherever they turn up again."""

import re
from collections.abc import Iterable, Mapping

MASK = "***"
_WORDS = r"key|token|pass|pwd|secret|cookie|auth(?!ors?\b)|credential|session|signature|dsn"
_NAME = re.compile(_WORDS, re.IGNORECASE)
# KeyError names no key.
_NAMED = rf"""["']?(?!\w*(?:Error|Exception)\b)[\w.-]*(?:{_WORDS})[\w.-]*["']?(?:\s*\])?"""
# In a message: password=hunter2, "token": "x". In source only literals: what stands in a variable is not there to see.
_IN_TEXT = re.compile(
    rf"""(?P<name>{_NAMED}\s*[:=]\s*(?:(?:Bearer|Basic)\s+)?)(?!\{{\w)(?:"[^"]*"?|'[^']*'?|[^\s"',;&)\]}}]+)""",
    re.IGNORECASE,
)
_IN_SOURCE = re.compile(
    rf"""(?P<name>{_NAMED}\s*(?::\s*\w+\s*)?[:=(,]\s*[rbf]?)(?P<quote>"{{3}}|'{{3}}|["'])(?:(?!(?P=quote)).)+""",
    re.IGNORECASE,
)
# What a session of the desktop or a shell sets: folders and kinds, which stand in every path and text.
_OF_THE_SYSTEM = re.compile(r"(OLD)?PWD|SSH_AUTH_SOCK|(XDG|DBUS|DESKTOP|GNOME|KDE)_\w+|SESSION_MANAGER|WINDOWPATH")
_LITERAL = re.compile(r"(?<=\")[^\"]+(?=\")|(?<=')[^']+(?=')")
_IN_URL = re.compile(r"(?P<name>\b[a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+(?=@)", re.IGNORECASE)
_SHORTEST = 5
"""Characters of a value that is looked for elsewhere: `1` or `true` stands in every text."""


def is_secret_name(name: str) -> bool:
    """Say whether a name tells that its value is nobody's business; in doubt it does."""
    return _NAME.search(name) is not None


class Hider:
    """Knows values that are secret, and hides them in whatever is shown."""

    def __init__(self, *named: Mapping[str, str]) -> None:
        """Take names and values: the environment's, a request's headers."""
        pairs = [pair for one in named for pair in one.items() if not _OF_THE_SYSTEM.fullmatch(pair[0])]
        values = [value for name, value in pairs if is_secret_name(name)]
        self._values = _any_of([*values, *(part for value in values for part in re.split(r"[\s=;,]+", value))])

    def text(self, text: str) -> str:
        """Return a message without them."""
        return self._known(_IN_URL.sub(rf"\g<name>{MASK}", _IN_TEXT.sub(rf"\g<name>{MASK}", text)))

    def source(self, line: str) -> str:
        """Return a line of code without the ones that stand in it."""
        line = _IN_SOURCE.sub(rf"\g<name>\g<quote>{MASK}", line)
        return self._known(_LITERAL.sub(lambda literal: self.text(literal[0]), line))

    def value(self, name: str, value: str) -> str:
        """Return a named value, or that there is one."""
        return MASK if is_secret_name(name) else self.text(value)

    def _known(self, text: str) -> str:
        return self._values.sub(MASK, text) if self._values is not None else text


def _any_of(values: Iterable[str]) -> re.Pattern[str] | None:
    wanted = sorted({value for value in values if len(value) >= _SHORTEST}, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, wanted))) if wanted else None
