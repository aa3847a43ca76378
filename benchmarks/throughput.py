"""Requests per CPU second of `tcli run` beside plain `fork_processes`, in turn, as paired ratios of rounds."""  # noqa: INP001 - a script, in no package.

import argparse
import importlib.util
import os
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from harness.contenders import CONTENDERS, TLS_CONTENDERS, WORKERS, Contender, RunningContender, running
from harness.intervals import median_interval
from harness.ports import free_port
from harness.tables import table
from harness.verdict import CannotMeasureError, Promise, conclude, progress, run, say
from harness.wrk import require_wrk, wrk

CPUS = 2
SLICE = 2
"""Seconds."""
MOST_UNEVEN = 0.25
LEAST_BUSY = 1.9
"""Of two CPUs, workers and load generator together."""
LEAST_LOGGED = 0.99
"""Lines for each request, of a row that claims a log."""


@dataclass(frozen=True, slots=True)
class Comparison:
    ours: str
    theirs: str
    least: float


COMPARISONS = (
    Comparison("tcli run x2, log", "tornado x2, log", 1.18),
    Comparison("tcli run uvloop x2, log", "tornado x2, log", 1.35),
    Comparison("tcli run x2, no log", "tornado x2, no log", 0.96),
    Comparison("tcli run x2, TLS, log", "tornado x2, TLS, log", 0.97),
    Comparison("tcli run x2, TLS, no log", "tornado x2, TLS, no log", 0.97),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """One contender in one round."""

    per_second: float
    per_cpu_second: float
    busy: float
    """CPUs that workers and load generator used together."""
    uneven: float
    """How far the worker that is farthest from the mean of the workers' CPU times is, as a part of it."""
    logged: float
    bad: int


@dataclass(slots=True)
class Counted:
    """What the slices of one contender in one round add up to."""

    requests: int = 0
    bad: int = 0
    elapsed: float = 0.0
    load_cpu: float = 0.0
    tree_cpu: float = 0.0
    by_worker: Counter[int] = field(default_factory=Counter)
    """Seconds of each, by pid."""

    def add(self, server: RunningContender, connections: int) -> None:
        """Load it for a slice."""
        before, began = server.cpu_time(), time.monotonic()
        load = wrk(server.url, connections=connections, seconds=SLICE)
        self.elapsed += time.monotonic() - began
        after = server.cpu_time()
        self.requests += load.requests
        self.bad += load.bad
        self.load_cpu += load.cpu
        self.tree_cpu += after.whole_tree - before.whole_tree
        self.by_worker.update({pid: used - before.by_worker.get(pid, 0.0) for pid, used in after.by_worker.items()})

    def measured(self, lines: int) -> Measured:
        spent = sorted(self.by_worker.values())[-WORKERS:]
        mean = sum(spent) / WORKERS
        return Measured(
            per_second=self.requests / self.elapsed,
            per_cpu_second=self.requests / self.tree_cpu,
            busy=(sum(spent) + self.load_cpu) / self.elapsed,
            uneven=max(abs(one - mean) for one in spent) / mean,
            logged=lines / self.requests,
            bad=self.bad,
        )


def measure(contenders: Sequence[Contender], connections: int, slices: int) -> list[Measured]:
    """Load them in turn, a slice each, so that a machine whose speed changes changes it for all of them."""
    with ExitStack() as stack:
        servers = [stack.enter_context(running(contender, free_port())) for contender in contenders]
        for server in servers:
            wrk(server.url, connections=connections, seconds=SLICE)
        lines = [server.log_lines() for server in servers]
        counted = [Counted() for _ in servers]
        pairs = list(zip(counted, servers, strict=True))
        for number in range(slices):
            # Back and forth: a slow drift favours nobody.
            for one, server in pairs if number % 2 == 0 else pairs[::-1]:
                one.add(server, connections)
        # The log's last lines may still be on their way.
        time.sleep(0.2)
        said = [server.log_lines() - before for server, before in zip(servers, lines, strict=True)]
    return [one.measured(many) for one, many in zip(counted, said, strict=True)]


def check(contenders: list[Contender]) -> None:
    require_wrk()
    if any(one.wants_uvloop for one in contenders) and importlib.util.find_spec("uvloop") is None:
        raise CannotMeasureError("uvloop is not installed (pip install uvloop); `--skip uvloop` measures the rest.")
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < CPUS:
        raise CannotMeasureError(f"{CPUS} CPUs are needed, {len(usable)} may be used.")
    # What is promised is promised for two, the load generator on the same.
    os.sched_setaffinity(0, usable[:CPUS])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--slices", type=int, default=3, help=f"Of {SLICE} s of load, for each row and round.")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--skip", default="", help="Leave out rows whose name holds this.")
    parser.add_argument("--tls", action="store_true", help="Compare over TLS, all with the same certificate.")
    settings = parser.parse_args()
    among = TLS_CONTENDERS if settings.tls else CONTENDERS
    contenders = [one for one in among if not settings.skip or settings.skip not in one.name]
    check(contenders)
    found: dict[str, list[Measured]] = {one.name: [] for one in contenders}
    for number in range(settings.rounds):
        for contender, one in zip(contenders, measure(contenders, settings.connections, settings.slices), strict=True):
            found[contender.name].append(one)
            progress(
                f"round {number + 1} {contender.name:24} {one.per_second:7.0f} req/s {one.per_cpu_second:7.0f} "
                f"req/CPU-s, busy {one.busy:.2f}, uneven {one.uneven:.0%}, {one.logged:.2f} lines/req"
            )
    say(rows(found))
    return conclude(promises(found))


def rows(found: dict[str, list[Measured]]) -> str:
    def spread(values: list[float]) -> str:
        return f"{statistics.median(values):.0f} ({min(values):.0f}-{max(values):.0f})"

    return table(
        ["server", "req/s", "req per CPU s", "CPUs busy", "most uneven", "lines/req", "bad"],
        [
            [
                name,
                spread([one.per_second for one in many]),
                spread([one.per_cpu_second for one in many]),
                f"{statistics.median(one.busy for one in many):.2f}",
                f"{max(one.uneven for one in many):.0%}",
                f"{statistics.median(one.logged for one in many):.2f}",
                sum(one.bad for one in many),
            ]
            for name, many in found.items()
        ],
    )


def promises(found: dict[str, list[Measured]]) -> list[Promise]:
    made: list[Promise] = []
    for comparison in COMPARISONS:
        if comparison.ours not in found or comparison.theirs not in found:
            continue
        pairs = zip(found[comparison.ours], found[comparison.theirs], strict=True)
        ratios = median_interval([ours.per_cpu_second / theirs.per_cpu_second for ours, theirs in pairs])
        text = f"{comparison.ours} >= {comparison.least:g} x {comparison.theirs}, per CPU second"
        told = f"{ratios}, {ratios.confidence:.0%} interval of {len(found[comparison.ours])} pairs"
        made.append(Promise(text, ratios.median >= comparison.least, told))
    for name, many in found.items():
        bad = sum(one.bad for one in many)
        made += [Promise(f"{name}: every request is answered", False, f"{bad} were not")] if bad else []
        if name.startswith("tcli"):
            made += _promises_of_ours(name, many)
    return made


def _promises_of_ours(name: str, many: list[Measured]) -> list[Promise]:
    uneven = max(one.uneven for one in many)
    busy = statistics.median(one.busy for one in many)
    made = [
        Promise(
            f"{name}: workers' CPU times are within {MOST_UNEVEN:.0%}", uneven <= MOST_UNEVEN, f"worst {uneven:.0%}"
        ),
        Promise(f"{name}: {LEAST_BUSY:g} of {CPUS} CPUs are busy", busy >= LEAST_BUSY, f"median {busy:.2f}"),
    ]
    if "no log" not in name:
        logged = min(one.logged for one in many)
        made.append(Promise(f"{name}: a line for each request", logged >= LEAST_LOGGED, f"least {logged:.2f}"))
    return made


if __name__ == "__main__":
    run(main)
