"""Reads a template's manifest: each file once, with its condition, its mode and where its text comes from."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from tornado_cli.rendering import Answers, TemplateError, holds

MANIFEST = "manifest.toml"
KEYS = frozenset({"when", "mode", "source", "secrets", "answers"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    path: PurePosixPath
    source: PurePosixPath
    """The file of the template whose text it gets; nearly always the one at `path`."""
    when: str = ""
    """The condition under which it is made; empty: always."""
    mode: int = 0o644
    secrets: bool = False
    """Each placeholder for a secret becomes a new one."""
    answers: bool = False
    """It is a pyproject.toml, and ends with what the project was made from."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    entries: list[Entry]
    names: Mapping[str, str]
    """Conditions that are asked for in many places, by the name they have there."""

    def facts(self, answers: Answers, where: str) -> Answers:
        """`answers`, and beside them whether each named condition is true; one may build on those before it."""
        facts = dict(answers)
        for name, condition in self.names.items():
            facts[name] = holds(condition, facts, f"{where}: {name}")
        return facts


def read_manifest(root: Path) -> Manifest:
    where = str(root / MANIFEST)
    try:
        content = tomllib.loads((root / MANIFEST).read_text(encoding="utf-8"))
        entries = [
            entry_of(path, values, where)
            for path, given in content["files"].items()
            for values in (given if isinstance(given, list) else [given])
        ]
        return Manifest(entries=entries, names=content.get("names", {}))
    except OSError as error:
        raise TemplateError(where, f"cannot be read ({error.strerror}).") from error
    except KeyError as error:
        raise TemplateError(where, "has no table `files`.") from error
    except tomllib.TOMLDecodeError as error:
        raise TemplateError(where, f"is not TOML: {error}.") from error


def entry_of(path: str, values: dict[str, Any], where: str) -> Entry:
    unknown = set(values) - KEYS
    if unknown:
        raise TemplateError(where, f"`{path}` has unknown keys: {', '.join(sorted(unknown))}.")
    given = {**values, "source": inner_path(values.get("source", path), where)}
    return Entry(path=inner_path(path, where), **given)


def inner_path(text: str, where: str) -> PurePosixPath:
    """A path that cannot lead out of the folder it is meant for."""
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\\" in text or ":" in text:
        raise TemplateError(where, f"{text!r} is not a path inside the project.")
    return path
