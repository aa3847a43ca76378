"""A setting declared once, as a field: flag, variable, pyproject key and help all follow from it."""

from collections.abc import Mapping
from typing import Any, ClassVar

from tornado_cli.records import Record


class Option(Record, kw_only=True):
    """What click is told of a field."""

    flags: tuple[str, ...]
    default: Any
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
    return Option(flags=flags, default=default, help=help, **details)


class Config(Record, kw_only=True):
    """Settings that belong together: a subclass lists them, those that can be given as `option`s."""

    options: ClassVar[Mapping[str, Option]] = {}
    """By the names of their fields."""

    def __init_subclass__(cls, *, kw_only: bool = False) -> None:
        super().__init_subclass__(kw_only=kw_only)
        own = {name: default for name, default in cls._defaults.items() if isinstance(default, Option)}
        cls.options = {**cls.options, **own}
        cls._defaults = {**cls._defaults, **{name: one.default for name, one in own.items()}}
