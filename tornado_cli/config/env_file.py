"""The env file: variables for the application's processes, besides those of the environment."""

import io
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tornado_cli.config.serving import ServingConfig
from tornado_cli.config.sources import PYPROJECT, Settings
from tornado_cli.errors import UsageError

if TYPE_CHECKING:
    from dotenv.parser import Binding

_MAX_SIZE = 1024 * 1024
_MAX_VARIABLE = 128 * 1024
"""Bytes of `NAME=value`, with a NUL behind, that Linux passes on to a program: execve(2)."""


def environment_of(config: ServingConfig, settings: Settings, directory: Path) -> dict[str, str]:
    """Return the environment of the application's processes: ours, and what the env file adds to it.

    Raises UsageError for a file that was named and is not there, or cannot be read: with the line, never with what
    stands there.
    """
    path = env_file_of(config, settings, directory)
    return dict(os.environ) if path is None else {**_variables(path, os.environ), **os.environ}


def env_file_of(config: ServingConfig, settings: Settings, directory: Path) -> Path | None:
    """Return the file: one that was named must be there, the usual one may lie anywhere from here to the project."""
    if not config.env_file:
        return None
    if "env_file" not in config.given:
        found = (folder / config.env_file for folder in _up_to(settings.directory, directory))
        return next((path for path in found if path.is_file()), None)
    origin = settings.directory if config.given["env_file"] == PYPROJECT else directory
    path = Path(os.path.normpath(origin / config.env_file))
    if not path.is_file():
        # A pipe could be read once; a reload reads again.
        what = "is no regular file" if path.exists() else "is not there"
        raise UsageError(f"--env-file: {path} {what}.", hint="Make it a file, or leave the option out.")
    return path


def _up_to(project: Path, directory: Path) -> Iterator[Path]:
    for folder in (directory, *directory.parents):
        yield folder
        if folder == project:
            return


def _variables(path: Path, environ: Mapping[str, str]) -> dict[str, str]:
    try:
        if path.stat().st_size > _MAX_SIZE:
            raise UsageError(f"{path} is larger than 1 MiB.", hint="Is this a file of variables?")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no text in UTF-8.", hint="Mend the file, or leave it out.") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", hint="Check its permissions.") from error
    try:
        return variables_in(text, environ)
    except MalformedLineError as error:
        hint = "Each line is NAME=value; a value of several words or lines may stand in quotes."
        # Without its cause: that may show what the line holds.
        raise UsageError(f"{path}, line {error.line}: {error}.", hint=hint) from None


class MalformedLineError(ValueError):
    def __init__(self, why: str, line: int) -> None:
        super().__init__(why)
        self.line = line


def variables_in(text: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a file, by python-dotenv's rules; `${NAME}` is `environ`'s, or an earlier line's.

    Raises MalformedLineError.
    """
    from dotenv.parser import parse_stream
    from dotenv.variables import parse_variables

    variables: dict[str, str] = {}
    for binding in parse_stream(io.StringIO(text, newline="")):
        if binding.error:
            raise MalformedLineError("this is no variable", _line_of(binding))
        if binding.key is None or binding.value is None:
            continue
        known = {**variables, **environ}
        value = "".join(part.resolve(known) for part in parse_variables(binding.value))
        if "\0" in binding.key + value or len(f"{binding.key}={value}".encode()) >= _MAX_VARIABLE:
            raise MalformedLineError("no program can be given this variable", _line_of(binding))
        variables[binding.key] = value
    return variables


def _line_of(binding: "Binding") -> int:
    """Return where a binding itself begins: the parser counts from the blank lines before it."""
    original = binding.original
    blank = original.string[: len(original.string) - len(original.string.lstrip())]
    return original.line + blank.count("\n")
