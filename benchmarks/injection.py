"""Requests per CPU second of `tcli serve` with live reload and without, in slices of the same process."""  # noqa: INP001 - a script, in no package.

import argparse
import statistics

from harness.contenders import Contender, running
from harness.intervals import Interval, median_interval
from harness.ports import free_port
from harness.slices import ratios_under_load
from harness.tables import table
from harness.verdict import Promise, conclude, progress, run, say
from harness.wrk import require_wrk

PATHS = {"JSON": "", "HTML": "html"}
LEAST = {"JSON": 0.99, "HTML": 0.97}
"""Of what is no HTML no cost can be measured but by the looks at its headers."""
_SERVER = Contender(
    name="serve",
    command=("-m", "tornado_cli", "serve", "apps.injected:make_app", "--no-access-log", "--blocked-after", "0"),
    worker_depth=2,
    is_logging=False,
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="Servers.")
    parser.add_argument("--seconds", type=int, default=40, help="Of load for each kind of answer of each of them.")
    parser.add_argument("--connections", type=int, default=32)
    settings = parser.parse_args()
    require_wrk()
    ratios: dict[str, list[float]] = {kind: [] for kind in LEAST}
    speeds: dict[str, list[float]] = {kind: [] for kind in LEAST}
    for number in range(settings.rounds):
        with running(_SERVER, free_port()) as server:
            for kind in LEAST:
                without, found = ratios_under_load(server.url, PATHS[kind], settings.connections, settings.seconds)
                ratios[kind] += found
                speeds[kind].append(without)
                progress(f"round {number + 1} {kind} {without:6.0f} req/CPU-s, x {median_interval(found)}")
    found_all = {kind: median_interval(values) for kind, values in ratios.items()}
    rows = [
        [kind, f"{statistics.median(speeds[kind]):.0f}", str(one), len(ratios[kind])] for kind, one in found_all.items()
    ]
    say(table(["answers", "req per CPU s without", "with / without", "pairs of slices"], rows))
    return conclude([_promise(kind, one) for kind, one in found_all.items()])


def _promise(kind: str, found: Interval) -> Promise:
    text = f"{kind}: at least {LEAST[kind]:g} x as many requests per CPU second with live reload"
    return Promise(text, found.median >= LEAST[kind], f"{found}, {found.confidence:.0%} interval")


if __name__ == "__main__":
    run(main)
