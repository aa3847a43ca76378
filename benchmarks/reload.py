"""From a saved file to the first answer of the new code: edits, broken code and its fix, beside other servers."""  # noqa: INP001 - a script, in no package.

import argparse
import random
from functools import partial

from harness.dev_servers import DevServer, add_options, all_serving, chosen, weights
from harness.saved_project import Way, Weight, add_ignored_folders
from harness.saves import (
    Found,
    Limits,
    breaks_and_mends,
    edits,
    promises,
    second_saves_of_one_size,
    times_table,
)
from harness.verdict import Promise, conclude, progress, run, say

EDIT = Limits(median=20, worst=60, of_prototype=1.0)
FAILURE = Limits(median=30)
SAME_SIZE = Limits(median=20, worst=60)
PARTS = ("renamed", "in-place", "broken", "same-size", "ignored")


def measure(rows: list[DevServer], weight: Weight, settings: argparse.Namespace) -> list[Promise]:
    """Measure the parts asked for in one kind of project."""
    chance = random.Random(settings.seed)  # noqa: S311 - moments, not secrets.
    parts: dict[str, tuple[Found, Limits]] = {}
    # Of the others one dies of broken code, looks at every folder, and never sees a save of the same size.
    able = [row for row in rows if row.shows_failures]
    with all_serving(rows, weight) as servers:
        if "renamed" in settings.parts:
            parts["renamed"] = edits(servers, Way.RENAMED, settings.edits, chance), EDIT
        if "in-place" in settings.parts:
            parts["in place"] = edits(servers, Way.IN_PLACE, settings.edits, chance), EDIT
    with all_serving(able, weight) as servers:
        if "same-size" in settings.parts:
            count = max(1, settings.edits // 5)
            parts["second of one size"] = second_saves_of_one_size(servers, count, chance), SAME_SIZE
        if "broken" in settings.parts:
            broken, mended = breaks_and_mends(servers, settings.edits, chance)
            parts["broken code -> page"], parts["fix -> answer"] = (broken, FAILURE), (mended, FAILURE)
    if "ignored" in settings.parts:
        prepare = partial(add_ignored_folders, count=settings.folders)
        with all_serving(able, weight, prepare) as servers:
            where = f"beside {settings.folders:,} ignored folders"
            parts[where] = edits(servers, Way.RENAMED, settings.edits, chance), EDIT
    return [one for what, (found, limits) in parts.items() for one in _tell(f"{weight.value}, {what}", found, limits)]


def _tell(what: str, found: Found, limits: Limits) -> list[Promise]:
    say(f"\n{what[0].upper()}{what[1:]}\n\n{times_table(found)}")
    return promises(what, found, limits)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser)
    parser.add_argument("--edits", type=int, default=50, help="Of each kind, for each server.")
    parser.add_argument("--folders", type=int, default=30_000, help="In .venv and node_modules together.")
    parser.add_argument("--parts", default=",".join(PARTS), metavar="A,B", help=f"Of {', '.join(PARTS)}.")
    parser.add_argument("--seed", type=int, default=1, help="Of the pauses between two saves.")
    settings = parser.parse_args()
    settings.parts = settings.parts.split(",")
    made: list[Promise] = []
    for weight in weights(settings):
        progress(f"measuring the {weight.value} project ...")
        made += measure(chosen(settings), weight, settings)
    return conclude(made)


if __name__ == "__main__":
    run(main)
