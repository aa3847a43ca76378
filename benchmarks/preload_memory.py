"""What a second worker of a 100 MiB application adds to the memory of the whole tree, with and without --preload."""  # noqa: INP001 - a script, in no package.

import argparse

from harness.load import KEPT, NEW, Load
from harness.process_tree import holdings, pss
from harness.server import Server, has_option
from harness.tables import table
from harness.verdict import CannotMeasureError, Promise, conclude, run, say

MOST_ADDED = 25.0
"""MiB."""
REQUESTS = 2000
"""What workers have answered before they are measured: pages that are written to are no longer shared."""


def measure(workers: int, *arguments: str) -> tuple[float, float]:
    """Return (PSS of the tree, RSS of one worker), both in MiB, after some requests."""
    with Server("apps.heavy:make_app", *arguments, workers=workers) as server:
        port = server.wait_until_ready()
        with Load(port, {NEW: 2, KEPT: 4}) as load:
            load.wait_for_answers(REQUESTS, deadline=60)
        return pss(server.tree()), max(holdings(pid).rss for pid in server.workers())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    if not has_option("--preload"):
        raise CannotMeasureError("`tcli run` has no option --preload.")
    rows: list[list[object]] = []
    added: dict[str, float] = {}
    for name, arguments in {"--preload": ["--preload"], "without": []}.items():
        (one, rss), (two, _) = measure(1, *arguments), measure(2, *arguments)
        added[name] = two - one
        rows.append([name, f"{rss:.0f}", f"{one:.0f}", f"{two:.0f}", f"{added[name]:.1f}"])
    say(table(["", "RSS of a worker", "PSS, 1 worker", "PSS, 2 workers", "the second adds"], rows))
    say("\nAll in MiB; PSS is of the whole tree.")
    found = f"{added['--preload']:.1f} MiB, without it {added['without']:.1f} MiB"
    return conclude(
        [
            Promise(
                f"with --preload a second worker adds at most {MOST_ADDED:g} MiB",
                added["--preload"] <= MOST_ADDED,
                found,
            )
        ]
    )


if __name__ == "__main__":
    run(main)
