"""Reload again and again under a steady load of new and kept connections, and count what was lost: nothing may be."""  # noqa: INP001 - a script, in no package.

import argparse
import statistics
import time

from harness.load import STEADY, Load, counts_table, describe
from harness.server import Server
from harness.verdict import Promise, conclude, progress, run, say


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reloads", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--between", type=int, default=200, help="Answers between two reloads.")
    settings = parser.parse_args()
    with Server("apps.answers:make_app", workers=settings.workers) as server:
        port = server.wait_until_ready()
        began = time.monotonic()
        seconds = []
        with Load(port, STEADY) as load:
            for number in range(settings.reloads):
                load.wait_for_answers(settings.between)
                seconds.append(server.reload())
                progress(f"reload {number + 1}: {seconds[-1]:.2f} s, lost by now {len(load.lost())}")
            load.wait_for_answers(settings.between)
        lost = load.lost()
    say(counts_table(load))
    say(
        f"\nFrom HUP until the old generation has left: median {statistics.median(seconds):.2f} s, "
        f"most {max(seconds):.2f} s."
    )
    if lost:
        say("Lost:\n" + describe(lost, began))
    return conclude(
        [
            Promise(
                f"{settings.reloads} reloads with {settings.workers} workers lose nothing",
                not lost,
                f"{len(lost)} lost of {sum(1 for _ in load.all())}",
            )
        ]
    )


if __name__ == "__main__":
    run(main)
