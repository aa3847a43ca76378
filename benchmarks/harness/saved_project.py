"""A project that is edited while it is served: one that those who import it and those who run it can serve."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

_MAIN = """
import asyncio
import os

import tornado.web

import site_pkg.deps
from site_pkg.version import VERSION


class Main(tornado.web.RequestHandler):
    def get(self):
        self.write(VERSION)


def make_app():
    return tornado.web.Application([("/", Main)], debug="OWN_RELOADER" in os.environ)


async def main():
    # Made inside the running loop: Tornado's reloader attaches itself to the one it finds.
    make_app().listen(int(os.environ["PORT"]), "127.0.0.1")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
"""
HEAVY = ("sqlalchemy.orm", "pydantic", "jinja2", "redis.asyncio", "httpx", "cryptography.fernet")
BROKEN = 'VERSION = "broken\n'
_FOLDERS_IN_ONE = 100


class Weight(Enum):
    """What the project imports besides itself."""

    LIGHT = "light"
    """The framework only."""
    HEAVY = "heavy"


class Way(Enum):
    """How a file is saved."""

    RENAMED = "renamed"
    """Another file takes its place."""
    IN_PLACE = "in place"


class SavedProject:
    """A folder with an application that answers with its version: `VERSION` in `site_pkg/version.py`."""

    def __init__(self, top: Path, weight: Weight, apps: Path | None = None) -> None:
        self.folder = top / "project"
        self._beside = top / "next.py"
        self._file = self.folder / "site_pkg" / "version.py"
        self._saves = 0
        if apps is None:
            _write(self.folder, {"main.py": _MAIN, "site_pkg/__init__.py": "", "site_pkg/deps.py": _imports(weight)})
        else:
            _copy_from_peers(apps, self.folder, weight)
        self.save(Way.IN_PLACE)

    @property
    def version(self) -> str:
        """What the application answers since the last save."""
        return str(self._saves)

    def save(self, way: Way) -> float:
        """Save the next version; return the moment just before it could be seen, by the monotonic clock."""
        self._saves += 1
        # Of another length than the last: Python takes bytecode for fresh when size and whole seconds agree.
        return self.save_text(f'VERSION = "{self._saves}"\n# {"x" * (self._saves % 29)}\n', way)

    def save_of_one_size(self) -> float:
        """Save the next version in a file whose size is always the same."""
        self._saves += 1
        return self.save_text(f'VERSION = "{self._saves}"'.ljust(40) + "\n", Way.RENAMED)

    def save_text(self, text: str, way: Way = Way.RENAMED) -> float:
        return save_text(self._file, text, way, self._beside)


def save_text(file: Path, text: str, way: Way, beside: Path) -> float:
    """Save a file; return the moment just before the change could be seen. `beside` is out of the watcher's sight."""
    if way is Way.IN_PLACE:
        at = time.monotonic()
        file.write_text(text)
        return at
    beside.write_text(text)
    at = time.monotonic()
    os.replace(beside, file)  # noqa: PTH105 - nothing but the system call between the clock and the change.
    return at


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield a folder on the disk that TMPDIR chooses: take a real one, as developers have."""
    folder = Path(tempfile.mkdtemp(prefix="tcli-benchmark-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# What else is in a project's folder.


def add_files(folder: Path, python: int, static: int) -> None:
    """Add files that are watched but not imported."""
    for number in range(python):
        name = f"bulk/package{number // 50:02}/module{number}.py"
        _write(folder, {name: f"X = {number}\n\n\ndef add(a):\n    return a + X\n" * 5})
    for number in range(static):
        _write(folder, {f"static/part{number // 100:02}/file{number}.css": "body { color: red }\n" * 20})


def add_ignored_folders(folder: Path, count: int) -> None:
    """Add so many folders, half in a virtual environment and half in node_modules, a file in each."""
    _write(folder, {".venv/pyvenv.cfg": "home = /usr/bin\n"})
    for number in range(count // 2):
        for top, suffix in ((".venv/lib/python3/site-packages", "py"), ("node_modules", "js")):
            _write(folder / top, {f"part{number // _FOLDERS_IN_ONE}/package{number}/index.{suffix}": ""})


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _imports(weight: Weight) -> str:
    return "".join(f"import {name}\n" for name in HEAVY) if weight is Weight.HEAVY else ""


def _copy_from_peers(apps: Path, folder: Path, weight: Weight) -> None:
    """Take the application that a harness of peers keeps for one of them: `common`, then its own files over it."""
    common = apps.parent / "common"
    shutil.copytree(common, folder, ignore=shutil.ignore_patterns("deps_*"))
    shutil.copytree(apps, folder, dirs_exist_ok=True)
    shutil.copy(common / f"deps_{weight.value}.py", folder / "site_pkg" / "deps.py")
