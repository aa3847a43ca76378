"""How long `tcli new` takes, beside `django-admin startproject`.

Whole processes, in turn, each into an empty folder; ratios are taken run by run, so that a change in the load falls on
both. Run it with the Python of an environment that has the wheel: the link of an editable install is read at every
start. `--django` names the other program, as from `python -m venv` and `pip install django` elsewhere.
"""  # noqa: INP001 - a script, in no package.

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

PROGRAM = str(Path(sys.executable).with_name("tcli"))
NEW = (PROGRAM, "new", "shop", "--template", "web", "--no-git", "--no-install", "-y")
MOST = 0.6
KEPT, BROKEN, CANNOT = 0, 1, 2


def seconds(command: tuple[str, ...], folder: Path) -> float:
    with tempfile.TemporaryDirectory(dir=folder) as empty:
        start = time.perf_counter()
        subprocess.run(command, cwd=empty, stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - start


def main() -> int:
    parser = argparse.ArgumentParser(description="A new project.")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--django", default="django-admin", help="the program to compare with")
    options = parser.parse_args()
    django = shutil.which(options.django)
    if django is None:
        sys.stderr.write(f"There is no {options.django}: name it with --django.\n")
        return CANNOT
    rows = {"tcli new": NEW, "django-admin startproject": (django, "startproject", "shop")}
    with tempfile.TemporaryDirectory() as place:
        for command in rows.values():
            seconds(command, Path(place))
        taken = [{name: seconds(command, Path(place)) for name, command in rows.items()} for _ in range(options.runs)]
    sys.stdout.write("| command | ms, median (least-most) |\n|---|---|\n")
    for name in rows:
        times = [row[name] * 1000 for row in taken]
        sys.stdout.write(f"| `{name}` | {median(times):.0f} ({min(times):.0f}-{max(times):.0f}) |\n")
    ratio = median(row["tcli new"] / row["django-admin startproject"] for row in taken)
    sys.stdout.write(f"\n{ratio:.2f} x django-admin; promised: at most {MOST}\n")
    return KEPT if ratio <= MOST else BROKEN


if __name__ == "__main__":
    sys.exit(main())
