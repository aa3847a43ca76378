"""What watching a project costs: watches and milliseconds at the start, processor time while nothing happens.

In this process, without a server around it; beside the project's own files lie 30,000 folders that never matter.
"""  # noqa: INP001 - a script, in no package.

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from harness.saved_project import add_files, add_ignored_folders
from harness.tables import table
from harness.verdict import Promise, conclude, progress, run, say

from tornado_cli.config.serve import ServeConfig
from tornado_cli.serve.watching.changes import ChangedFiles
from tornado_cli.serve.watching.choice import ground_of
from tornado_cli.serve.watching.watcher import Watcher

MOST_MILLISECONDS = 20
MOST_CPU = 0.05
"""Percent of a core."""
_WHEN_POLLING = 2.5
"""Percent of a core; one part in fifty, and what else the process does."""


@contextmanager
def watching(folder: Path, *, polls: bool = False) -> Iterator[tuple[Watcher, float]]:
    """Watch in the block; yield the watcher and the milliseconds of a processor until it watched."""
    changes = ChangedFiles()
    began = time.thread_time()
    ground = ground_of(ServeConfig(), folder, [], [])
    watcher = Watcher(ground, changes, lambda *_: None, interval=0.5, always_polls=polls)
    watcher.start()
    try:
        yield watcher, (time.thread_time() - began) * 1000
    finally:
        watcher.stop()
        changes.close()


def starts(folder: Path, count: int) -> tuple[int, list[float]]:
    """Return the watches, and what each start took."""
    taken = []
    for _ in range(count):
        with watching(folder) as (watcher, milliseconds):
            watches = watcher.watches()
            taken.append(milliseconds)
    return watches, taken


def idle_cpu(folder: Path, seconds: float, *, polls: bool) -> float:
    """Return what watching uses while nothing happens, in percent of a core."""
    with watching(folder, polls=polls):
        began, before = time.monotonic(), time.process_time()
        time.sleep(seconds)
        return 100 * (time.process_time() - before) / (time.monotonic() - began)


def measure(folder: Path, settings: argparse.Namespace) -> list[Promise]:
    add_files(folder, python=settings.python, static=settings.static)
    starts(folder, 3)
    progress("the project alone ...")
    alone, alone_took = starts(folder, settings.starts)
    progress(f"{settings.ignored} ignored folders ...")
    add_ignored_folders(folder, settings.ignored)
    beside, beside_took = starts(folder, settings.starts)
    rows = [("the project alone", alone, alone_took), (f"beside {settings.ignored} folders", beside, beside_took)]
    shown = [[name, watches, f"{median(ms):.1f} ({min(ms):.1f}-{max(ms):.1f})"] for name, watches, ms in rows]
    say(table(["start", "watches", "processor ms, median (least-most)"], shown))
    progress(f"idle for {settings.seconds} s, twice ...")
    told, polled = (idle_cpu(folder, settings.seconds, polls=polls) for polls in (False, True))
    say("\n" + table(["idle", "% of a core"], [["told by the system", f"{told:.3f}"], ["polling", f"{polled:.3f}"]]))
    took = median(beside_took)
    return [
        Promise("ignored folders cost no watches", alone == beside, f"{beside - alone} more"),
        Promise(
            f"watching begins within {MOST_MILLISECONDS} ms of a processor", took <= MOST_MILLISECONDS, f"{took:.1f} ms"
        ),
        Promise(f"idle CPU <= {MOST_CPU:g} % of a core", told <= MOST_CPU, f"{told:.3f} %"),
        Promise(f"idle CPU <= {_WHEN_POLLING:g} % when polling", polled <= _WHEN_POLLING, f"{polled:.3f} %"),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description="Watching a project.")
    parser.add_argument("--starts", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--python", type=int, default=2000, help="Python files that are watched.")
    parser.add_argument("--static", type=int, default=1000, help="Static files.")
    parser.add_argument("--ignored", type=int, default=30_000, help="Folders in .venv and node_modules.")
    settings = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tcli-benchmark-") as folder:
        return conclude(measure(Path(folder), settings))


if __name__ == "__main__":
    run(main)
