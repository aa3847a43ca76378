"""Where settings come from besides the command line: `[tool.tcli]` of the project's pyproject.toml."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tornado_cli.errors import TcliError, UsageError
from tornado_cli.records import Record

PYPROJECT = "pyproject.toml"
_MAX_SIZE = 1024 * 1024
# Tables under [tool.tcli] that belong to no command.
_OTHER_TABLES = frozenset({"template"})
COMMANDS_WITH_SETTINGS = ("serve", "run")
COMPANIONS = "with"
# Tables in a command's own table, besides the keys that its options have.
_TABLES_WITHIN = {"serve": (COMPANIONS,)}
_NAMES: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text in quotes",
    list: 'a list of texts, as ["a", "b"]',
    dict: "a table",
}


class Settings(Record):
    """What `[tool.tcli]` says; empty when there is no such file or table."""

    directory: Path
    """The folder of the pyproject.toml, or the working directory."""
    text: str = ""
    tcli: Mapping[str, Any] = MappingProxyType({})

    @property
    def app(self) -> str:
        return str(self.tcli.get("app", ""))

    def table_of(self, command: str) -> Mapping[str, Any]:
        table = self.tcli.get(command, {})
        return table if isinstance(table, Mapping) else {}

    @property
    def file(self) -> Path:
        return self.directory / PYPROJECT

    def place_of(self, key: str, table: str) -> str:
        """Return where to look for a key of `[table]`."""
        line = self.line_of(key, table)
        return f"{self.file}{f', line {line}' if line else ''}: [{table}] {key}"

    def line_of(self, key: str, table: str) -> int:
        """Return the line of a key of `[table]`, counted from 1; 0 where it cannot be told."""
        inside = False
        for number, line in enumerate(self.text.splitlines(), 1):
            if line.strip().startswith("["):
                inside = line.strip() == f"[{table}]"
                if re.match(rf"\s*\[{re.escape(f'{table}.{key}')}[].]", line):
                    return number
            elif inside and re.match(rf"""\s*["']?{re.escape(key)}["']?\s*[=.]""", line):
                return number
        return 0


def working_directory() -> Path:
    """Return where the command was typed, by the path that was typed: a link may lead elsewhere at the next reload.

    Raises TcliError when that folder has been deleted.
    """
    try:
        real = Path.cwd()
    except FileNotFoundError as error:
        raise TcliError("The working directory has been deleted.", hint="cd to one that exists.") from error
    given = os.environ.get("PWD", "")
    try:
        return Path(given) if Path(given).is_absolute() and Path(given).samefile(real) else real
    except OSError:
        return real


def find_settings(directory: Path) -> Settings:
    """Read the nearest pyproject.toml at or above `directory`.

    Raises UsageError, with the place, for a file that is no TOML or whose `[tool.tcli]` is no table.
    """
    for folder in (directory, *directory.parents):
        file = folder / PYPROJECT
        if file.is_file():
            return _read(file)
    return Settings(directory)


def _read(file: Path) -> Settings:
    # Not every project has such a file, and no process below the command line reads it.
    import tomllib

    try:
        if file.stat().st_size > _MAX_SIZE:
            raise UsageError(f"{file} is larger than 1 MiB.", hint="Is this the project's pyproject.toml?")
        text = file.read_bytes().decode("utf-8-sig")
        tcli = tomllib.loads(text).get("tool", {}).get("tcli", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{file} cannot be read as TOML: {error}", hint="Mend the file, or move it away.") from error
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.", hint="Check its permissions.") from error
    if not isinstance(tcli, dict):
        raise UsageError(
            f"{file}: tool.tcli must be a table.", hint='Write [tool.tcli] and below it app = "module:name".'
        )
    return Settings(file.parent, text, tcli)


def check_table(settings: Settings, command: str, known: Mapping[str, type]) -> None:
    """Raise UsageError, with the line, for a key that no option answers to or whose value is of another type."""
    tables = dict.fromkeys((*_OTHER_TABLES, *COMMANDS_WITH_SETTINGS), dict)
    _check("tool.tcli", settings, settings.tcli, {"app": str, **tables})
    within = dict.fromkeys(_TABLES_WITHIN.get(command, ()), dict)
    _check(f"tool.tcli.{command}", settings, settings.table_of(command), {**known, **within})


def _check(table: str, settings: Settings, given: Mapping[str, Any], known: Mapping[str, type]) -> None:
    for key, value in given.items():
        if key not in known:
            raise UsageError(f"{settings.place_of(key, table)} is not a setting.", hint=_instead(key, known))
        if not _is_of_type(value, known[key]):
            wanted = known[key]
            text = f"{settings.place_of(key, table)} must be {_NAMES[wanted]}, not {value!r}."
            raise UsageError(text, hint=_rewritten(key, value, wanted))


def _instead(key: str, known: Mapping[str, type]) -> str:
    """Return what may have been meant by a key that is none: one much like it, or one of another table."""
    import difflib

    close = difflib.get_close_matches(key.replace("_", "-"), known, n=1)
    if close:
        return f"Did you mean {close[0]}?"
    from tornado_cli.config.run import RunConfig
    from tornado_cli.config.serve import ServeConfig

    options = {"serve": ServeConfig.options, "run": RunConfig.options}
    tables = [f"[tool.tcli.{command}]" for command, names in options.items() if key.replace("-", "_") in names]
    return f"It belongs in {' or '.join(tables)}." if tables else f"Known keys: {', '.join(sorted(known))}."


def _rewritten(key: str, value: Any, wanted: type) -> str:
    """Return how to write a text that would do in a list, or without its quotes; empty where it would not."""
    if type(value) is not str:
        return ""
    if wanted is list:
        return f'Write it as a list: {key} = ["{value}"]'
    import tomllib

    try:
        is_quoted = _is_of_type(tomllib.loads(f"value = {value}").get("value"), wanted)
    except tomllib.TOMLDecodeError:
        return ""
    return f"Write it without quotes: {key} = {value}" if is_quoted else ""


def _is_of_type(value: Any, wanted: type) -> bool:
    # Not isinstance: true is no number.
    if wanted is float:
        return type(value) in {int, float}
    if wanted is list:
        return type(value) is list and all(type(item) is str for item in value)
    return type(value) is wanted
