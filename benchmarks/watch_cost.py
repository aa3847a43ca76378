"""Requests per CPU second with the report of a blocked loop and without it, of two servers that are alive at once."""  # noqa: INP001 - a script, in no package.

import argparse
import os
import socket
import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass

from harness.client import HOST
from harness.contenders import WORKERS, Contender, RunningContender, running
from harness.intervals import median_interval
from harness.process_tree import tree_of
from harness.tables import table
from harness.verdict import Promise, conclude, progress, run, say
from harness.wrk import require_wrk, wrk

LEAST = 0.99
MOST_IDLE = 0.0005
"""Of a core, of the whole tree of `tcli serve`."""
_ON, _OFF = "0.1", "0"
_COMMANDS = {
    "serve": ("serve",),
    "run": ("run", "--workers", str(WORKERS)),
    "run uvloop": ("run", "--workers", str(WORKERS), "--loop", "uvloop"),
}


@dataclass(slots=True)
class Spent:
    requests: int = 0
    cpu: float = 0.0
    bad: int = 0

    @property
    def per_cpu_second(self) -> float:
        return self.requests / self.cpu


def contender(name: str, blocked_after: str) -> Contender:
    arguments = (*_COMMANDS[name], "apps.hello:make_app", "--no-access-log", "--blocked-after", blocked_after)
    return Contender(
        name=f"{name}, {blocked_after}",
        command=("-m", "tornado_cli", *arguments),
        worker_depth=2,
        is_logging=False,
    )


def load(server: RunningContender, connections: int, spent: Spent) -> None:
    before = server.cpu_time().whole_tree
    done = wrk(server.url, connections=connections, seconds=1)
    spent.cpu += server.cpu_time().whole_tree - before
    spent.requests += done.requests
    spent.bad += done.bad


def one_round(name: str, connections: int, turns: int) -> tuple[Spent, Spent]:
    """Load a server with it and one without it in turn, a second each; what they are by chance stays the same."""
    with_it, without = Spent(), Spent()
    with ExitStack() as stack:
        pairs = [
            (stack.enter_context(running(contender(name, value), free_port())), spent)
            for value, spent in ((_ON, with_it), (_OFF, without))
        ]
        for server, _ in pairs:
            load(server, connections, Spent())
        for turn in range(turns):
            # Back and forth: a slow drift of the machine favours nobody.
            for server, spent in pairs if turn % 2 == 0 else pairs[::-1]:
                load(server, connections, spent)
    return with_it, without


def idle_share(seconds: float, blocked_after: str) -> float:
    """Return what part of a core an idle `tcli serve` uses, by the scheduler's own count."""
    with running(contender("serve", blocked_after), free_port()) as server:
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


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="Pairs of servers for each row.")
    parser.add_argument("--turns", type=int, default=10, help="Seconds of load for each server of a pair.")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--idle", type=float, default=60, help="Seconds to look at an idle server.")
    parser.add_argument("--only", default="", help="Rows whose name is this.")
    settings = parser.parse_args()
    require_wrk()
    names = [name for name in _COMMANDS if not settings.only or settings.only == name]
    ratios: dict[str, list[float]] = {name: [] for name in names}
    speeds: dict[str, list[float]] = {name: [] for name in names}
    bad = 0
    for number in range(settings.rounds):
        for name in names:
            with_it, without = one_round(name, settings.connections, settings.turns)
            ratios[name].append(with_it.per_cpu_second / without.per_cpu_second)
            speeds[name].append(without.per_cpu_second)
            bad += with_it.bad + without.bad
            progress(f"round {number + 1} {name:12} {without.per_cpu_second:6.0f} req/CPU-s, x {ratios[name][-1]:.3f}")
    found = {name: median_interval(values) for name, values in ratios.items()}
    say(
        table(
            ["command", "req per CPU s without", "with / without"],
            [[name, f"{statistics.median(speeds[name]):.0f}", str(found[name])] for name in names],
        )
    )
    idle = {value: idle_share(settings.idle, value) for value in (_OFF, _ON)}
    promises = [
        Promise(
            f"{name}: at least {LEAST:g} x as many requests per CPU second with the report",
            one.median >= LEAST,
            f"{one}, {one.confidence:.0%} interval of {settings.rounds} pairs",
        )
        for name, one in found.items()
    ]
    promises += [
        Promise("every request is answered", bad == 0, f"{bad} were not"),
        Promise(
            f"an idle `tcli serve` uses at most {MOST_IDLE:.2%} of a core",
            idle[_ON] <= MOST_IDLE,
            f"{idle[_ON]:.3%} with the report, {idle[_OFF]:.3%} without",
        ),
    ]
    return conclude(promises)


if __name__ == "__main__":
    run(main)
