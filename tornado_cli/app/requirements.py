"""What a project says it needs and does not have: the likely reason of an import that failed."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tornado_cli.config.sources import PYPROJECT

_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


def missing_requirements(directory: Path) -> list[str]:
    """Return the names in `project.dependencies` of the pyproject.toml around a directory that are not installed.

    Those for some systems only, by a marker, are left out.
    """
    for folder in (directory, *directory.parents):
        if (folder / PYPROJECT).is_file():
            return list(_missing(_dependencies(folder / PYPROJECT)))
    return []


def _dependencies(file: Path) -> list[Any]:
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))["project"]["dependencies"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return found if isinstance(found, list) else []


def _missing(dependencies: Iterable[Any]) -> Iterable[str]:
    from importlib.metadata import PackageNotFoundError, distribution

    for dependency in dependencies:
        name = _NAME.match(dependency) if isinstance(dependency, str) and ";" not in dependency else None
        if name is None:
            continue
        try:
            distribution(name[1])
        except PackageNotFoundError:
            yield name[1]
