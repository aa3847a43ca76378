"""What `APP` came down to: the one value that travels from the top process to the process that loads it."""

import ast
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from tornado_cli.records import Record

ATTRIBUTES = ("make_app", "create_app", "app", "application")
"""What applications and their factories are called; the first found wins."""


class Kind(StrEnum):
    """How the application is brought up."""

    MODULE = "module"
    """Imported; an attribute of it is the application or makes it."""
    SCRIPT = "script"
    """Run as `__main__`; it starts its own loop and listens by itself."""


class Origin(StrEnum):
    """Who named the application."""

    ARGUMENT = "argument"
    ENVIRONMENT = "TCLI_APP"
    CONFIGURED = "pyproject.toml"
    FOUND = "found"


class Target(Record, kw_only=True):
    """An application that was found, but not yet imported."""

    kind: Kind
    origin: Origin
    title: str
    """For the banner: `shop.app:make_app`."""
    module: str | None = None
    """Dotted name; None for a script that is run by its path."""
    attribute: str | None = None
    """Dotted path inside the module; None: the first of the usual names that the module turns out to have."""
    arguments: str = ""
    """Arguments of the factory as they were typed, literals only."""
    path: Path | None = None
    """The file; None for a module that is no source file."""
    search_path: tuple[str, ...] = ()
    """What to put first on `sys.path`."""
    command: str = "tcli serve"
    """What was typed to have it found; hints say to type that."""

    @property
    def args(self) -> tuple[Any, ...]:
        return tuple(ast.literal_eval(node) for node in self._call().args)

    @property
    def kwargs(self) -> dict[str, Any]:
        return {word.arg: ast.literal_eval(word.value) for word in self._call().keywords if word.arg is not None}

    def _call(self) -> ast.Call:
        call = ast.parse(f"factory({self.arguments})", mode="eval").body
        assert isinstance(call, ast.Call)
        return call

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "kind": self.kind.value,
            "origin": self.origin.value,
            "title": self.title,
            "module": self.module,
            "attribute": self.attribute,
            "arguments": self.arguments,
            "path": None if self.path is None else str(self.path),
            "search_path": list(self.search_path),
            "command": self.command,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Undo `to_dict`."""
        path = values["path"]
        return cls(
            **values
            | {
                "kind": Kind(values["kind"]),
                "origin": Origin(values["origin"]),
                "path": None if path is None else Path(path),
                "search_path": tuple(values["search_path"]),
            }
        )
