"""Where Python code lies in a project, and what it is called as a module."""

import os
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from pathlib import Path

from tornado_cli.records import Record

# Packages beside the application that are never it.
_SIDE_FOLDERS = frozenset({"test", "tests", "doc", "docs", "example", "examples", "scripts", "tools", "migrations"})
_MOST_FILES_LOOKED_AT = 50


class Place(Record):
    """A file, and the name it has as a module."""

    path: Path
    root: Path
    module: str

    @classmethod
    def of(cls, path: Path) -> "Place":
        folder = path.parent
        parts = [] if path.stem == "__init__" else [path.stem]
        while (folder / "__init__.py").exists() and folder != folder.parent:
            parts.insert(0, folder.name)
            folder = folder.parent
        return cls(path, folder, ".".join(parts))


def project_folders(directory: Path) -> list[Path]:
    """`src`, what is in it, and the one package."""
    src = directory / "src"
    packages = [folder for folder in _folders(directory) if (folder / "__init__.py").exists()]
    inside = [src, *_folders(src)] if src.is_dir() and not (src / "__init__.py").exists() else []
    return inside + (packages if len(packages) == 1 else [])


def _folders(directory: Path) -> list[Path]:
    return sorted(
        path
        for path in directory.iterdir()
        if path.is_dir() and path.name.isidentifier() and path.name not in _SIDE_FOLDERS and os.access(path, os.X_OK)
    )


def is_submodule(folder: Path, name: str) -> bool:
    return (folder / f"{name}.py").exists() or (folder / name).is_dir()


def installed_module(module: str) -> Path | None:
    """Where an installed module lies; its parents are not imported on the way."""
    first, *others = module.split(".")
    spec = _installed_package(first)
    for part in others:
        if spec is None or spec.submodule_search_locations is None:
            return None
        spec = PathFinder.find_spec(f"{spec.name}.{part}", spec.submodule_search_locations)
    return Path(spec.origin) if spec and spec.origin and Path(spec.origin).exists() else None


def _installed_package(name: str) -> ModuleSpec | None:
    try:
        return find_spec(name)
    except ValueError:
        # What runs as `__main__` has no spec.
        return None


def python_files(directory: Path) -> Iterator[Path]:
    return iter(sorted(directory.glob("*.py"))[:_MOST_FILES_LOOKED_AT])
