"""Requests, reloads and crashes by the hundred in one run; descriptors, threads, memory of the supervisor stay flat."""  # noqa: INP001 - a script, in no package.

import argparse
import contextlib
import os
import signal
import socket
import statistics
import time
from dataclasses import dataclass

from harness.client import HOST
from harness.load import KEPT, NEW, Load
from harness.process_tree import Holdings, holdings
from harness.server import Server, options
from harness.tables import table
from harness.verdict import Promise, conclude, progress, run, say

WARM_UP = 0.1
"""Part of the cycles after which figures count: caches and pools have filled."""
MOST_GROWTH = 0.05
"""Of the resident memory, over the whole run."""
CRASHES = ("kill", "exit0", "segv", "exit1")
LINGER = 0.2


@dataclass(frozen=True, slots=True)
class Sample:
    requests: int
    reloads: int
    crashes: int
    holdings: Holdings


def crash(server: Server, port: int, how: str) -> None:
    """Have the worker that answers crash, and wait until another serves in its place."""
    place = server.bookmark()
    with socket.create_connection((HOST, port)) as client:
        client.sendall(f"GET /crash/{how} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        with contextlib.suppress(ConnectionResetError):
            client.recv(1)
    server.wait_for("worker_died", after=place)
    server.wait_for("worker_ready", after=place)


def crash_each(server: Server, port: int, count: int, first: int) -> None:
    """Crash workers that have not crashed in this generation: a slot that dies again waits longer each time."""
    fresh = server.workers()
    for number in range(count):
        place = server.bookmark()
        if number == 0:
            crash(server, port, CRASHES[first % len(CRASHES)])
            fresh = [pid for pid in fresh if pid in server.workers()]
        else:
            pid = fresh.pop()
            os.kill(pid, signal.SIGKILL)
            server.wait_for("worker_died", after=place, worker=pid)
            server.wait_for("worker_ready", after=place)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--reloads", type=int, default=100)
    parser.add_argument("--crashes", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    settings = parser.parse_args()
    per_cycle = settings.crashes // settings.reloads
    if per_cycle > settings.workers:
        parser.error("at most as many crashes for each reload as there are workers")
    samples: list[Sample] = []
    answered = 0
    with Server("apps.answers:make_app", *options(keep_alive_linger=LINGER), workers=settings.workers) as server:
        port = server.wait_until_ready()
        began = time.monotonic()
        for cycle in range(1, settings.reloads + 1):
            with Load(port, {NEW: 2, KEPT: 4}, linger=LINGER) as load:
                load.wait_for_answers(settings.requests // settings.reloads)
            answered += sum(not one.is_lost for one in load.all())
            server.reload()
            # All slots are as they were at first: a crash may cost a spare.
            held = holdings(server.pid)
            crash_each(server, port, per_cycle, cycle)
            samples.append(Sample(answered, cycle, cycle * per_cycle, held))
            if cycle % 10 == 0:
                progress(f"{cycle} cycles in {time.monotonic() - began:.0f} s: {samples[-1].holdings}")
        return verdict(samples, settings.reloads)


def verdict(samples: list[Sample], reloads: int) -> int:
    step = max(1, len(samples) // 10)
    shown = [*samples[::step], samples[-1]] if samples[-1] not in samples[::step] else samples[::step]
    rows = [
        [
            one.requests,
            one.reloads,
            one.crashes,
            one.holdings.descriptors,
            one.holdings.threads,
            f"{one.holdings.rss:.1f}",
        ]
        for one in shown
    ]
    say(table(["requests", "reloads", "crashes", "descriptors", "threads", "RSS MiB"], rows))
    warm = samples[int(reloads * WARM_UP) :]
    quarter = max(1, len(warm) // 4)
    first, last = warm[:quarter], warm[-quarter:]

    def change(what: str) -> tuple[float, float]:
        before, after = (statistics.median(getattr(one.holdings, what) for one in some) for some in (first, last))
        return before, after

    promises = []
    for what in ("descriptors", "threads"):
        before, after = change(what)
        promises.append(Promise(f"{what} of the supervisor stay flat", after <= before, f"{before:g}, later {after:g}"))
    before, after = change("rss")
    found = f"{before:.1f} MiB, later {after:.1f} MiB ({after / before - 1:+.1%})"
    promises.append(Promise("its resident memory stays flat", after / before - 1 <= MOST_GROWTH, found))
    return conclude(promises)


if __name__ == "__main__":
    run(main)
