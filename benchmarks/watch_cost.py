"""Requests per CPU second with the loop watched and without, in slices of the same process; and idle CPU."""  # noqa: INP001 - a script, in no package.

import argparse
import os
import statistics
import time

from harness.contenders import Contender, running
from harness.intervals import Interval, median_interval
from harness.ports import free_port
from harness.process_tree import tree_of
from harness.slices import ratios_under_load
from harness.tables import table
from harness.verdict import Promise, conclude, progress, run, say
from harness.wrk import require_wrk

LEAST = 0.99
MOST_IDLE = 0.0005
"""Of a core, of the whole tree of `tcli serve`."""
_COMMANDS = {"serve": ("serve",), "run": ("run",), "run uvloop": ("run", "--loop", "uvloop")}


def contender(name: str, app: str, blocked_after: str) -> Contender:
    arguments = (*_COMMANDS[name], app, "--no-access-log", "--blocked-after", blocked_after)
    return Contender(
        name=f"{name}, {blocked_after}",
        command=("-m", "tornado_cli", *arguments),
        worker_depth=2,
        is_logging=False,
    )


def ratios_of(name: str, connections: int, seconds: int) -> tuple[float, list[float]]:
    """Return requests per CPU second without the watch, and with it as a part of that, of neighbouring slices."""
    with running(contender(name, "apps.watched:make_app", "0"), free_port()) as server:
        return ratios_under_load(server.url, "", connections, seconds)


def idle_share(seconds: float, blocked_after: str) -> float:
    """Return what part of a core an idle `tcli serve` uses, by the scheduler's own count."""
    with running(contender("serve", "apps.hello:make_app", blocked_after), free_port()) as server:
        time.sleep(2)
        before = nanoseconds_used(server.root)
        time.sleep(seconds)
        return (nanoseconds_used(server.root) - before) / 1e9 / seconds


def nanoseconds_used(root: int) -> int:
    """Return the time on a CPU of every thread of a tree: jiffies are too coarse for so little."""
    total = 0
    for one in tree_of(root):
        for thread in os.listdir(f"/proc/{one.pid}/task"):  # noqa: PTH208 - of /proc.
            with open(f"/proc/{one.pid}/task/{thread}/schedstat") as file:  # noqa: PTH123 - as above.
                total += int(file.read().split()[0])
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="Servers for each row.")
    parser.add_argument("--seconds", type=int, default=60, help="Of load for each of them.")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--idle", type=float, default=60, help="Seconds to look at an idle server.")
    settings = parser.parse_args()
    require_wrk()
    ratios: dict[str, list[float]] = {name: [] for name in _COMMANDS}
    speeds: dict[str, list[float]] = {name: [] for name in _COMMANDS}
    for number in range(settings.rounds):
        for name in _COMMANDS:
            without, found = ratios_of(name, settings.connections, settings.seconds)
            ratios[name] += found
            speeds[name].append(without)
            progress(f"round {number + 1} {name:12} {without:6.0f} req/CPU-s, x {median_interval(found)}")
    found_all = {name: median_interval(values) for name, values in ratios.items()}
    idle = {value: idle_share(settings.idle, value) for value in ("0", "0.1")}
    say(
        table(
            ["command", "req per CPU s without", "with / without", "pairs of slices"],
            [
                [name, f"{statistics.median(speeds[name]):.0f}", str(one), len(ratios[name])]
                for name, one in found_all.items()
            ],
        )
    )
    return conclude([*(_promise(name, one) for name, one in found_all.items()), _idle_promise(idle)])


def _promise(name: str, found: Interval) -> Promise:
    text = f"{name}: at least {LEAST:g} x as many requests per CPU second with the watch"
    return Promise(text, found.median >= LEAST, f"{found}, {found.confidence:.0%} interval")


def _idle_promise(idle: dict[str, float]) -> Promise:
    text = f"an idle `tcli serve` uses at most {MOST_IDLE:.2%} of a core"
    return Promise(text, idle["0.1"] <= MOST_IDLE, f"{idle['0.1']:.3%} with the watch, {idle['0']:.3%} without")


if __name__ == "__main__":
    run(main)
