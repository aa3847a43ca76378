"""A setting declared once, as a field: flag, variable, pyproject key and help all follow from it."""

import dataclasses
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """What click is told of a field."""

    flags: tuple[str, ...]
    help: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    envvar: tuple[str, ...] = ()
    """Variables that count when `TCLI_<COMMAND>_<OPTION>` is not set."""
    metavar: str | None = None
    bare: int | None = None
    """What the flag means without `=VALUE`; not given, there has to be one."""


def option(*flags: str, default: Any, help: str, **details: Any) -> Any:  # noqa: A002 - click's own word.
    """Declare a setting. `details` are the further fields of Option."""
    return dataclasses.field(default=default, metadata={"option": Option(flags=flags, help=help, **details)})
