"""Which virtual environment a project has; read before anything is imported, and so without pathlib."""

import os
from collections.abc import Iterator, Mapping

_FOLDERS = (".venv", "venv")
_PROJECT_MARKS = ("pyproject.toml", ".git")


def python_of_project(directory: str, environ: Mapping[str, str], current: str) -> str | None:
    """Return the Python of the project around a directory; none when it has none or is `current` (a `sys.prefix`).

    Environments are compared, not Pythons: in most of them that is a symlink to the same program.
    """
    environments = [folder for folder in _candidates(directory, environ) if os.path.exists(_python(folder))]
    if not environments or any(_is_same(folder, current) for folder in environments):
        return None
    return _python(environments[0])


def _candidates(directory: str, environ: Mapping[str, str]) -> Iterator[str]:
    if activated := environ.get("VIRTUAL_ENV"):
        yield activated
    for folder in _up_to_project(os.path.abspath(directory)):
        for name in _FOLDERS:
            yield os.path.join(folder, name)


def _up_to_project(directory: str) -> list[str]:
    """Return a directory and those above it up to the project's own; only itself when no project is around it."""
    folders = [directory]
    while not any(os.path.exists(os.path.join(folders[-1], mark)) for mark in _PROJECT_MARKS):
        above = os.path.dirname(folders[-1])
        if above == folders[-1]:
            return folders[:1]
        folders.append(above)
    return folders


def _python(environment: str) -> str:
    return os.path.join(environment, "Scripts/python.exe" if os.name == "nt" else "bin/python")


def _is_same(environment: str, prefix: str) -> bool:
    return os.path.realpath(environment) == os.path.realpath(prefix)
