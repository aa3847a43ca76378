"""From the command line to the first answer, beside the same file run by plain Python."""  # noqa: INP001 - a script, in no package.

import argparse

from harness.dev_servers import OURS, PLAIN, DevServer, add_options, chosen, plain, serving, weights
from harness.intervals import median_interval
from harness.saved_project import SavedProject, Weight, temporary_folder
from harness.saves import shown
from harness.tables import table
from harness.verdict import Promise, conclude, progress, run, say

MOST = 2.0
"""Times what plain Python takes."""


def measure(rows: list[DevServer], weight: Weight, rounds: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {row.name: [] for row in rows}
    with temporary_folder() as top:
        projects: dict[str, SavedProject] = {}
        for row in rows:
            (folder := top / str(len(projects))).mkdir()
            projects[row.name] = SavedProject(folder, weight, row.apps)
        # The first start of each compiles: nobody is measured by it.
        for number in range(-1, rounds):
            for row in rows if number % 2 == 0 else rows[::-1]:
                with serving(row, projects[row.name]) as server:
                    if number >= 0:
                        found[row.name].append(server.cold_start)
            progress(f"{weight.value}, round {number + 1} of {rounds}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser)
    parser.add_argument("--rounds", type=int, default=15)
    settings = parser.parse_args()
    made: list[Promise] = []
    for weight in weights(settings):
        found = measure([*chosen(settings), plain()], weight, settings.rounds)
        ratios = {
            name: median_interval([one / base for one, base in zip(many, found[PLAIN], strict=True)])
            for name, many in found.items()
        }
        say(f"\n{weight.value.capitalize()}\n")
        say(
            table(
                ["server", "first answer, ms", "worst", f"x {PLAIN}"],
                [
                    [name, shown(median_interval(many)), f"{1000 * max(many):.0f}", ratios[name]]
                    for name, many in found.items()
                ],
            )
        )
        ours = ratios[OURS]
        text = f"{weight.value}: first answer <= {MOST:g} x {PLAIN}"
        made.append(Promise(text, ours.median <= MOST, f"{ours}, {settings.rounds} pairs"))
    return conclude(made)


if __name__ == "__main__":
    run(main)
