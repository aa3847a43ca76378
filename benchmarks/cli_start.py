"""How long `tcli --version` and `tcli --help` take, beside `python -c "import click"`.

Whole processes, each command in turn; ratios are taken run by run, so that a change in the load falls on both.
Run it with the Python of an environment that has the wheel: the link of an editable install is read at every start.
"""  # noqa: INP001 - a script, in no package.

import argparse
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

PROGRAM = str(Path(sys.executable).with_name("tcli"))
BASE = (sys.executable, "-c", "import click")
ROWS = {
    'python -c "pass"': (sys.executable, "-c", "pass"),
    'python -c "import click"': BASE,
    "tcli --version": (PROGRAM, "--version"),
    "tcli --help": (PROGRAM, "--help"),
}


def seconds(command: tuple[str, ...]) -> float:
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description="Start of the command line.")
    parser.add_argument("--runs", type=int, default=30)
    runs = parser.parse_args().runs
    for command in ROWS.values():
        seconds(command)
    taken = [{name: seconds(command) for name, command in ROWS.items()} for _ in range(runs)]
    sys.stdout.write("| command | ms, median (least-most) | x import click |\n|---|---|---|\n")
    for name in ROWS:
        times = [row[name] * 1000 for row in taken]
        ratio = median(row[name] / row['python -c "import click"'] for row in taken)
        spread = f"{median(times):.0f} ({min(times):.0f}-{max(times):.0f})"
        sys.stdout.write(f"| `{name}` | {spread} | {ratio:.2f} |\n")


if __name__ == "__main__":
    main()
