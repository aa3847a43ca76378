"""Type-check the template as it lies, and a project of each preset, strictly and one after the other."""  # noqa: INP001 - a script, in no package.

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from tornado_cli.scaffold.catalog import PRESETS, template_root
from tornado_cli.scaffold.generate import plan


def main() -> int:
    """Return 1 when anything is found; mypy has said what."""
    with tempfile.TemporaryDirectory(prefix="tcli-types-") as folder:
        projects = [template_root() / "project"]
        for preset in PRESETS:
            made = plan(Path(folder) / preset, preset=preset)
            made.write()
            projects.append(made.target)
        # What they import is read once for all.
        return max(check(project, Path(folder) / "cache") for project in projects)


def check(project: Path, cache: Path) -> int:
    sys.stdout.write(f"{project.name}: ")
    sys.stdout.flush()
    settings = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    if settings["tool"]["mypy"]["strict"] is not True:
        sys.stdout.write("mypy is not strict\n")
        return 1
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(cache)]
    return min(1, subprocess.run(command, cwd=project, check=False).returncode)


if __name__ == "__main__":
    sys.exit(main())
