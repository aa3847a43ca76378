"""The companions of `tcli serve`: `[tool.tcli.serve.with]` names programs that are to run beside it."""

import shlex
from typing import Any

from tornado_cli.config.sources import COMPANIONS, Settings
from tornado_cli.errors import UsageError
from tornado_cli.records import Record

_SHELL = frozenset({"&&", "||", "|", "&", ";", "<", ">", ">>", "2>&1"})


class Companion(Record):
    """A program, by the words of its command line."""

    name: str
    words: tuple[str, ...]

    @property
    def command(self) -> str:
        return shlex.join(self.words)


def companions_of(settings: Settings) -> tuple[Companion, ...]:
    """Return them as they were written. Raises UsageError, with the line, for what is no command line."""
    table = settings.table_of("serve").get(COMPANIONS, {})
    return tuple(Companion(name, _words(settings, name, value)) for name, value in table.items())


def _words(settings: Settings, name: str, value: Any) -> tuple[str, ...]:
    place = settings.place_of(name, f"tool.tcli.serve.{COMPANIONS}")
    hint = f'For example: {name} = "npm run watch"'
    if isinstance(value, str):
        try:
            words = shlex.split(value)
        except ValueError as error:
            raise UsageError(f"{place} is no command line: {str(error).lower()}.", hint=hint) from error
    elif isinstance(value, list) and all(isinstance(word, str) for word in value):
        words = value
    else:
        raise UsageError(f"{place} must be a command line or a list of its words, not {value!r}.", hint=hint)
    if isinstance(value, str) and (operator := next(filter(_SHELL.__contains__, words), "")):
        hint = f'Have one run it: {name} = ["sh", "-c", "..."]'
        raise UsageError(f"{place}: {operator} means something to a shell only, and there is none.", hint=hint)
    if not words or not words[0] or any("\0" in word for word in words):
        raise UsageError(f"{place} names no program.", hint=hint)
    return tuple(words)
