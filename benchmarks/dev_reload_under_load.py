"""Save again and again while requests come every 2 ms, on new and on kept connections: what is lost, what is stale."""  # noqa: INP001 - a script, in no package.

import argparse
import random
import time
from dataclasses import dataclass

from harness.client import Exchange, Outcome
from harness.dev_servers import OURS, DevServer, add_options, all_serving, chosen, weights
from harness.load import KEPT, PACED, Load, counts_table, describe
from harness.polling import shows, wait_for_answer
from harness.saved_project import Way, Weight
from harness.saves import LIMIT
from harness.verdict import Promise, conclude, progress, run, say

CLIENTS = {PACED: 1, KEPT: 4}
NOTICE = 0.010
"""Seconds that the kernel, the scheduler and the server together may take until a save is known: a client that has
connected before then is served by what is there."""


@dataclass(frozen=True, slots=True)
class Save:
    at: float
    """By the monotonic clock, just before it could be seen."""
    version: int


@dataclass(frozen=True, slots=True)
class Stale:
    """A client of a new connection that was answered by old code."""

    exchange: Exchange
    after_save: float
    """Seconds from the save to its connecting."""


def measure(row: DevServer, weight: Weight, reloads: int, settings: argparse.Namespace) -> tuple[Load, list[Save]]:
    chance = random.Random(settings.seed)  # noqa: S311 - moments, not secrets.
    with all_serving([row], weight) as [server]:
        saves = [Save(server.process.at, int(server.project.version))]
        # A server may close a kept connection at any time; that is an end, and not a loss, unless it is a reset.
        with Load(server.port, CLIENTS, linger=0.0) as load:
            load.wait_for_answers(200)
            for number in range(reloads):
                at = server.project.save(Way.RENAMED)
                saves.append(Save(at, int(server.project.version)))
                wait_for_answer(server.port, shows(server.project.version), at, LIMIT)
                load.wait_for_answers(settings.between)
                time.sleep(chance.uniform(0.0, 0.2))
                if (number + 1) % 10 == 0:
                    progress(f"{row.name}: {number + 1} reloads, lost by now {len(load.lost())}")
        return load, saves


def stale(load: Load, saves: list[Save]) -> list[Stale]:
    """Return the clients that connected after a save and were answered by older code."""
    found = []
    for one in load.exchanges[PACED]:
        if one.outcome is Outcome.OK:
            missed = [save for save in saves if save.version > one.named and save.at < one.connected_at]
            found += [Stale(one, one.connected_at - missed[0].at)] if missed else []
    return found


def promises(load: Load, old: list[Stale], reloads: int) -> list[Promise]:
    lost = load.lost()
    late = [one for one in old if one.after_save > NOTICE]
    worst = 1000 * max((one.after_save for one in old), default=0.0)
    total = sum(1 for _ in load.all())
    return [
        Promise(f"{reloads} reloads: refused, reset, hanging 0", not lost, f"{len(lost)} of {total}"),
        Promise(
            f"{reloads} reloads: connected later than {1000 * NOTICE:g} ms after a save, answered by old code: 0",
            not late,
            f"{len(late)}; {len(old)} connected in the first moment, the last {worst:.1f} ms after the save",
        ),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    add_options(parser)
    parser.set_defaults(weights="light")
    parser.add_argument("--reloads", type=int, default=100)
    parser.add_argument("--others", type=int, default=10, help="Reloads of the other servers.")
    parser.add_argument("--between", type=int, default=100, help="Answers between two reloads.")
    parser.add_argument("--seed", type=int, default=1)
    settings = parser.parse_args()
    made: list[Promise] = []
    for weight in weights(settings):
        for row in chosen(settings):
            began = time.monotonic()
            reloads = settings.reloads if row.name == OURS else settings.others
            load, saves = measure(row, weight, reloads, settings)
            old = stale(load, saves)
            slowest = 1000 * max(one.ended_at - one.connected_at for one in load.exchanges[PACED])
            say(f"\n{row.name}, {weight.value}, {reloads} reloads\n\n{counts_table(load)}")
            say(f"\nOld code answered {len(old)} that had connected after a save. The slowest took {slowest:.0f} ms.")
            if row.name == OURS:
                say(describe(load.lost(), began))
                made += promises(load, old, reloads)
    return conclude(made)


if __name__ == "__main__":
    run(main)
