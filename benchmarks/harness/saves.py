"""Saves and what was seen of them, by turns over the servers, and what is promised of the times."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from harness.dev_servers import OURS, PROTOTYPE, RunningDevServer
from harness.intervals import Interval, median_interval
from harness.polling import Answer, Seen, is_failure, shows, wait_for_answer
from harness.saved_project import BROKEN, Way
from harness.tables import table
from harness.verdict import Promise

LIMIT = 8.0
"""Seconds after which a save counts as never seen."""
_PAUSES = (0.6, 1.2)
"""Least and most seconds before a save: nobody shall know when it comes, but who looks twice a second has looked."""

Found = dict[str, list[Seen]]
"""What was seen of the saves, by server."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What is promised, in milliseconds."""

    median: float
    worst: float | None = None
    of_prototype: float | None = None
    """The median of the ratios to the prototype's times."""


def in_turns(servers: Sequence[RunningDevServer], rounds: int) -> Iterator[RunningDevServer]:
    """Yield each server so many times, back and forth: a slow drift of the machine favours nobody."""
    for number in range(rounds):
        yield from servers if number % 2 == 0 else servers[::-1]


def edits(servers: Sequence[RunningDevServer], way: Way, count: int, chance: random.Random) -> Found:
    found: Found = {}
    for server in in_turns(servers, count):
        _pause(chance)
        since = server.project.save(way)
        found.setdefault(server.name, []).append(_seen(server, shows(server.project.version), since))
    return found


def breaks_and_mends(servers: Sequence[RunningDevServer], count: int, chance: random.Random) -> tuple[Found, Found]:
    """Return what was seen of the broken code and what of the fix."""
    broken: Found = {}
    mended: Found = {}
    for server in in_turns(servers, count):
        _pause(chance)
        since = server.project.save_text(BROKEN)
        broken.setdefault(server.name, []).append(_seen(server, is_failure, since))
        _pause(chance)
        since = server.project.save(Way.RENAMED)
        mended.setdefault(server.name, []).append(_seen(server, shows(server.project.version), since))
    return broken, mended


def second_saves_of_one_size(servers: Sequence[RunningDevServer], count: int, chance: random.Random) -> Found:
    """Save twice within a second of the clock, with equal sizes; return what was seen of the second save."""
    found: Found = {}
    for server in in_turns(servers, count):
        _pause(chance)
        time.sleep(1 - time.time() % 1)
        server.project.save_of_one_size()
        time.sleep(0.4)
        since = server.project.save_of_one_size()
        found.setdefault(server.name, []).append(_seen(server, shows(server.project.version), since))
    return found


def _pause(chance: random.Random) -> None:
    time.sleep(chance.uniform(*_PAUSES))


def _seen(server: RunningDevServer, is_it: Callable[[Answer], bool], since: float) -> Seen:
    return wait_for_answer(server.port, is_it, since, LIMIT)


# What people read.


def times_table(found: Found) -> str:
    """Return a row for each server: milliseconds, and what else each save brought."""

    def per_save(counts: Sequence[int]) -> str:
        return f"{sum(counts) / len(counts):.1f}"

    return table(
        ["server", "saves", "ms, median (interval)", "worst", "never seen", "refused/save", "failed/save", "old/save"],
        [
            [
                name,
                len(many),
                shown(median_interval([one.seconds for one in many])),
                f"{1000 * max(one.seconds for one in many):.1f}",
                sum(one.seconds == float("inf") for one in many),
                per_save([one.refused for one in many]),
                per_save([one.failed for one in many]),
                per_save([one.stale for one in many]),
            ]
            for name, many in found.items()
        ],
    )


def shown(seconds: Interval) -> str:
    return f"{1000 * seconds.median:.1f} ({1000 * seconds.low:.1f}-{1000 * seconds.high:.1f})"


def promises(what: str, found: Found, limits: Limits) -> list[Promise]:
    """Judge our times; those beside the prototype only where it was measured."""
    times = [one.seconds for one in found[OURS]]
    median = median_interval(times)
    told = f"{shown(median)}, {median.confidence:.0%} interval of {len(times)}"
    made = [Promise(f"{what}: median <= {limits.median:g} ms", median.median * 1000 <= limits.median, told)]
    if limits.worst is not None:
        worst = 1000 * max(times)
        made.append(Promise(f"{what}: worst <= {limits.worst:g} ms", worst <= limits.worst, f"{worst:.1f}"))
    if limits.of_prototype is not None and PROTOTYPE in found:
        theirs = [one.seconds for one in found[PROTOTYPE]]
        ratio = median_interval([mine / other for mine, other in zip(times, theirs, strict=True)])
        text = f"{what}: <= {limits.of_prototype:g} x the prototype"
        made.append(Promise(text, ratio.median <= limits.of_prototype, f"{ratio} of {len(times)} pairs"))
    return made
