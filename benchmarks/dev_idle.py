"""Idle development servers that watch 2,000 Python and 1,000 static files: their processor time and their memory."""  # noqa: INP001 - a script, in no package.

import argparse
import time
from functools import partial

from harness.dev_servers import OURS, DevServer, RunningDevServer, add_options, all_serving, chosen, weights
from harness.polling import shows, wait_for_answer
from harness.process_tree import cpu_seconds, pss, tree_of
from harness.saved_project import Way, Weight, add_files
from harness.saves import LIMIT
from harness.tables import table
from harness.verdict import Promise, conclude, progress, run, say

MOST_CPU = 0.05
"""Percent of a core."""
MOST_MEMORY = {Weight.LIGHT: 75, Weight.HEAVY: 125}
"""MiB."""
_SETTLE = 5.0
"""Seconds after a start or a reload in which a server does what it does while idle."""


def measure(rows: list[DevServer], weight: Weight, settings: argparse.Namespace) -> list[Promise]:
    prepare = partial(add_files, python=settings.python, static=settings.static)
    progress(f"{weight.value}: all idle for {settings.seconds} s ...")
    with all_serving(rows, weight, prepare) as servers:
        percent = idle_cpu(servers, settings.seconds)
    # One at a time: the less, the more others share the interpreter's own pages.
    memory = []
    for row in rows:
        progress(f"{weight.value}: memory of {row.name} ...")
        with all_serving([row], weight, prepare) as [server]:
            _come_to_rest([server])
            memory.append(pss(tree_of(server.process.root)))
    say(f"\n{weight.value.capitalize()}\n")
    figures = list(zip(rows, percent, memory, strict=True))
    shown = [[row.name, f"{cpu:.3f}", f"{mib:.1f}"] for row, cpu, mib in figures]
    say(table(["server", "idle CPU, % of a core", "PSS, MiB"], shown))
    [(cpu, mib)] = [(cpu, mib) for row, cpu, mib in figures if row.name == OURS]
    return [
        Promise(f"{weight.value}: idle CPU <= {MOST_CPU:g} % of a core", cpu <= MOST_CPU, f"{cpu:.3f} %"),
        Promise(f"{weight.value}: PSS <= {MOST_MEMORY[weight]} MiB", mib <= MOST_MEMORY[weight], f"{mib:.1f} MiB"),
    ]


def idle_cpu(servers: list[RunningDevServer], seconds: float) -> list[float]:
    """Return what each uses while nothing happens, in percent of a core."""
    _come_to_rest(servers)
    before, began = [_cpu(server) for server in servers], time.monotonic()
    time.sleep(seconds)
    elapsed = time.monotonic() - began
    return [100 * (_cpu(server) - then) / elapsed for server, then in zip(servers, before, strict=True)]


def _come_to_rest(servers: list[RunningDevServer]) -> None:
    """Save once, since what a reload brings about stays, and let them do what they do when nobody asks."""
    for server in servers:
        since = server.project.save(Way.RENAMED)
        wait_for_answer(server.port, shows(server.project.version), since, LIMIT)
    time.sleep(_SETTLE)


def _cpu(server: RunningDevServer) -> float:
    return cpu_seconds(tree_of(server.process.root))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--python", type=int, default=2000, help="Python files that are watched.")
    parser.add_argument("--static", type=int, default=1000, help="Static files.")
    settings = parser.parse_args()
    made: list[Promise] = []
    for weight in weights(settings):
        made += measure(chosen(settings), weight, settings)
    return conclude(made)


if __name__ == "__main__":
    run(main)
