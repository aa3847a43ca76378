"""Reads a template's manifest: each file once, with its condition, its mode and where its text comes from."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from tornado_cli.rendering import Answers, TemplateError, holds

MANIFEST = "manifest.toml"
KEYS = {"when": str, "mode": int, "source": str, "secrets": bool, "answers": bool}
MOST_OPEN = 0o777


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
    calls: Mapping[str, str]
    """Functions that are called under a condition; where it is not true their arguments stand alone."""

    def facts(self, answers: Answers, where: str) -> Answers:
        """`answers`, and beside them whether each named condition is true; one may build on those before it."""
        facts = dict(answers)
        for name, condition in self.names.items():
            facts[name] = holds(condition, facts, f"{where}: {name}")
        return facts

    def dropped_calls(self, facts: Answers, where: str) -> list[str]:
        return [name for name, condition in self.calls.items() if not holds(condition, facts, f"{where}: {name}")]


def read_manifest(root: Path) -> Manifest:
    where = str(root / MANIFEST)
    content = content_of(root / MANIFEST)
    files = content.get("files")
    if not isinstance(files, dict):
        raise TemplateError(where, "has no table `files`.")
    entries = [
        entry_of(path, values, where)
        for path, given in files.items()
        for values in (given if isinstance(given, list) else [given])
    ]
    names, calls = (conditions_in(content, table, where) for table in ("names", "calls"))
    return Manifest(entries=entries, names=names, calls=calls)


def conditions_in(content: Mapping[str, Any], table: str, where: str) -> Mapping[str, str]:
    found = content.get(table, {})
    if not isinstance(found, dict) or not all(type(condition) is str for condition in found.values()):
        raise TemplateError(where, f"`{table}` is no table of conditions.")
    return found


def content_of(file: Path) -> dict[str, Any]:
    try:
        # A pipe would be waited for.
        if file.exists() and not file.is_file():
            raise TemplateError(str(file), "is no file.")
        return tomllib.loads(file.read_bytes().decode())
    except OSError as error:
        raise TemplateError(str(file), f"cannot be read ({error.strerror}).") from error
    except (ValueError, RecursionError) as error:
        raise TemplateError(str(file), f"is not TOML: {error}.") from error


def entry_of(path: str, values: object, where: str) -> Entry:
    if not isinstance(values, dict):
        raise TemplateError(where, f"`{path}` is no table.")
    unknown = set(values) - set(KEYS)
    if unknown:
        raise TemplateError(where, f"`{path}` has unknown keys: {', '.join(sorted(unknown))}.")
    wrong = [key for key, value in values.items() if type(value) is not KEYS[key]]
    if wrong or not 0 <= values.get("mode", 0) <= MOST_OPEN:
        raise TemplateError(where, f"`{path}` has an unfit value for {', '.join(wrong) or 'mode'}.")
    given = {**values, "source": inner_path(values.get("source", path), where)}
    return Entry(path=inner_path(path, where), **given)


def inner_path(text: str, where: str) -> PurePosixPath:
    """A path that cannot lead out of the folder it is meant for, on any system, nor into what git reads."""
    path = PurePosixPath(text)
    is_outside = path.is_absolute() or ".." in path.parts or not path.parts or set("\\:") & set(text)
    # A hook or a setting there would be a program of the template's author.
    is_of_git = any(part.lower() in {".git", "git~1"} for part in path.parts)
    if is_outside or is_of_git or not text.isprintable() or any(part.endswith((".", " ")) for part in path.parts):
        raise TemplateError(where, f"{text!r} is not a path inside the project.")
    return path
