"""Type-check the template as it lies, and projects that have every answer between them, one after the other."""  # noqa: INP001 - a script, in no package.

import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from support.trees import UNUSUAL, USUAL, Tree

from tornado_cli.scaffold.catalog import template_root


def main() -> int:
    """Return 1 when anything is found; mypy has said what."""
    with tempfile.TemporaryDirectory(prefix="tcli-types-") as folder:
        projects = {"template": template_root() / "project"}
        for number, tree in enumerate((*USUAL, *UNUSUAL), start=1):
            projects[str(tree)] = made(tree, Path(folder) / str(number), seconds=number)
        # What they import, and share, is read once for all.
        return max(check(name, project, Path(folder) / "cache") for name, project in projects.items())


def made(tree: Tree, place: Path, *, seconds: int) -> Path:
    """Make a project, at a time that no other has: mypy takes files of the same name, size and second for the same."""
    place.mkdir()
    planned = tree.planned(place / "shop")
    planned.write()
    for file in planned.files:
        os.utime(planned.target / file.path, (seconds, seconds))
    return planned.target


def check(name: str, project: Path, cache: Path) -> int:
    sys.stdout.write(f"{name}: ")
    sys.stdout.flush()
    settings = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    if settings["tool"]["mypy"]["strict"] is not True:
        sys.stdout.write("mypy is not strict\n")
        return 1
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(cache)]
    return min(1, subprocess.run(command, cwd=project, check=False).returncode)


if __name__ == "__main__":
    sys.exit(main())
