"""Saved file to answer in a project of 500 modules: a leaf early, midway and late in the order of imports."""  # noqa: INP001 - a script, in no package.

import argparse
import random
import time

from harness.dev_servers import ours, serving
from harness.intervals import median_interval
from harness.large_project import LargeProject
from harness.polling import shows, wait_for_answer
from harness.saved_project import temporary_folder
from harness.saves import LIMIT, shown
from harness.tables import table
from harness.verdict import Promise, conclude, progress, run, say

PERCENTILES = (10, 50, 90)
FACTOR = 1.2
EXTRA = 20.0
"""Milliseconds beyond the cold import of what follows the leaf."""
AT_90 = 50.0
"""Milliseconds for a leaf at the 90th percentile."""
_SETTLE = 3.0
"""Seconds in which a server gets ready for the leaf that is edited now."""

Pair = tuple[float, float]
"""Seconds: from the save to the answer, and of the cold import of what follows the leaf."""


def measure(settings: argparse.Namespace) -> dict[int, list[Pair]]:
    chance = random.Random(settings.seed)  # noqa: S311 - moments, not secrets.
    found: dict[int, list[Pair]] = {percentile: [] for percentile in PERCENTILES}
    with temporary_folder() as top:
        project = LargeProject(top, settings.modules, PERCENTILES)
        with serving(ours(*settings.arguments), project) as server:
            for percentile in PERCENTILES * settings.rounds:
                # As one works: on one file for a while. The first save of it is measured as well, and told apart.
                for number in range(settings.edits):
                    time.sleep(chance.uniform(_SETTLE, _SETTLE + 0.5))
                    since = project.save_leaf(percentile)
                    seen = wait_for_answer(server.port, shows(project.version), since, LIMIT)
                    found[percentile].append((seen.seconds, project.seconds_of_cold_import(percentile)))
                    progress(f"{percentile}th, save {number + 1}: {1000 * seen.seconds:.0f} ms")
    return found


def promises(found: dict[int, list[Pair]]) -> list[Promise]:
    made: list[Promise] = []
    for percentile, pairs in found.items():
        extra = median_interval([1000 * (served - FACTOR * cold) for served, cold in pairs])
        text = f"a leaf at the {percentile}th percentile: <= {FACTOR:g} x cold import of what follows + {EXTRA:g} ms"
        told = f"{extra.median:+.1f} ms ({extra.low:+.1f} to {extra.high:+.1f}) beyond {FACTOR:g} x"
        made.append(Promise(text, extra.median <= EXTRA, told))
    late = median_interval([served for served, _ in found[90]])
    made.append(Promise(f"a leaf at the 90th: median <= {AT_90:g} ms", 1000 * late.median <= AT_90, shown(late)))
    return made


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modules", type=int, default=500)
    parser.add_argument("--edits", type=int, default=5, help="Of a leaf before it is the next one's turn.")
    parser.add_argument("--rounds", type=int, default=4, help="Turns of each leaf.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("arguments", nargs="*", help="Further arguments of tcli serve, behind `--`.")
    settings = parser.parse_args()
    found = measure(settings)
    say(
        table(
            ["leaf at", "saves", "save -> answer, ms", "worst", "first saves, ms", "cold import of what follows, ms"],
            [_row(percentile, pairs, settings.edits) for percentile, pairs in found.items()],
        )
    )
    return conclude(promises(found))


def _row(percentile: int, pairs: list[Pair], edits: int) -> list[object]:
    served = [one for one, _ in pairs]
    return [
        f"{percentile} %",
        len(pairs),
        shown(median_interval(served)),
        f"{1000 * max(served):.1f}",
        shown(median_interval(served[::edits])),
        shown(median_interval([cold for _, cold in pairs])),
    ]


if __name__ == "__main__":
    run(main)
