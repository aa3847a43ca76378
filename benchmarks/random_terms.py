"""Send TERM at random moments of boot, reload and load: each time exit 0, nothing left, and no client left hanging."""  # noqa: INP001 - a script, in no package.

import argparse
import collections
import random
import signal
import statistics
import time
from dataclasses import dataclass

from harness.client import LOST, Exchange, Outcome
from harness.load import KEPT, NEARLY_IDLE, NEW, SLOW, Load, describe
from harness.server import DEADLINE, Server, options, seconds_until_port_is_free
from harness.tables import table
from harness.verdict import Promise, conclude, progress, run, say

MOMENTS = ("boot", "reload", "load")
FREE_WITHIN = 2.0
"""Seconds after the end."""
LINGER = 0.3
CLIENTS = {NEW: 3, KEPT: 3, NEARLY_IDLE: 2, SLOW: 1}


@dataclass(frozen=True, kw_only=True, slots=True)
class Stop:
    """One TERM, and everything that came of it."""

    moment: str
    delay: float
    """Seconds from the beginning of the moment."""
    at: float
    code: int | None
    seconds: float
    left: int
    port_free_after: float | None
    exchanges: tuple[Exchange, ...]
    told: str

    @property
    def after(self) -> list[Exchange]:
        """What clients that connected after TERM found."""
        return [one for one in self.exchanges if one.connected_at >= self.at]

    @property
    def lost(self) -> list[Exchange]:
        """What no stop may do: hang anybody, cut or drop what was connected before.

        To be refused is an answer. Two kinds of resets are counted apart: of a client that came after TERM and stood in
        the queue when the last worker closed it, and of those that stood there before there was any worker at all.
        """
        return [one for one in self.exchanges if one.is_lost and not self._is_turned_away(one)]

    @property
    def unserved(self) -> list[Exchange]:
        """Resets of those that came before TERM, when nobody had served yet."""
        return [one for one in self.exchanges if self._is_reset_in_boot(one)]

    def _is_turned_away(self, one: Exchange) -> bool:
        came_late = one.connected_at >= self.at and one.outcome in {Outcome.REFUSED, Outcome.RESET}
        return came_late or self._is_reset_in_boot(one)

    def _is_reset_in_boot(self, one: Exchange) -> bool:
        is_early = one.outcome is Outcome.RESET and one.connected_at < self.at
        return is_early and not any(other.outcome is Outcome.OK for other in self.exchanges)

    @property
    def is_kept(self) -> bool:
        return self.code == 0 and not self.left and self.port_free_after is not None and not self.lost


def stop_once(moment: str, chance: random.Random, workers: int) -> Stop:
    """Start a server, bring it to the moment, wait a random time and send TERM, all the while with clients."""
    arguments = options(keep_alive_linger=LINGER)
    with Server("apps.answers:make_app", *arguments, workers=workers) as server:
        # From its first word on a server can be told to stop.
        port = server.port
        if moment != "boot":
            server.wait_until_ready()
        with Load(port, CLIENTS, linger=LINGER) as load:
            if moment != "boot":
                load.wait_for_answers(20)
            if moment == "reload":
                server.send(signal.SIGHUP)
            delay = chance.uniform(0.0, 1.2 if moment == "reload" else 0.8)
            time.sleep(delay)
            at = time.monotonic()
            server.send(signal.SIGTERM)
            code = server.wait_for_exit(DEADLINE)
            seconds = time.monotonic() - at
            left = server.wait_until_nothing_is_left(FREE_WITHIN)
            free = seconds_until_port_is_free(port, FREE_WITHIN)
        return Stop(
            moment=moment,
            delay=delay,
            at=at,
            code=code,
            seconds=seconds,
            left=len(left),
            port_free_after=free,
            exchanges=tuple(load.all()),
            told=server.told(15),
        )


def rows(stops: list[Stop]) -> list[list[object]]:
    shown: list[list[object]] = []
    for moment in MOMENTS:
        mine = [stop for stop in stops if stop.moment == moment]
        if not mine:
            continue
        codes = collections.Counter(stop.code for stop in mine)
        after = collections.Counter(one.outcome for stop in mine for one in stop.after)
        shown.append(
            [
                moment,
                len(mine),
                " ".join(f"{code}:{count}" for code, count in codes.items()),
                f"{statistics.median(stop.seconds for stop in mine):.2f} ({max(stop.seconds for stop in mine):.2f})",
                sum(stop.left for stop in mine),
                sum(stop.port_free_after is None for stop in mine),
                *(after[outcome] for outcome in (Outcome.OK, Outcome.REFUSED, Outcome.RESET)),
                sum(len(stop.unserved) for stop in mine),
                sum(len(stop.lost) for stop in mine),
            ]
        )
    return shown


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--terms", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="Chooses the moments.")
    parser.add_argument("--moment", choices=MOMENTS, action="append", help="Only this one; repeatable.")
    settings = parser.parse_args()
    chance = random.Random(settings.seed)  # noqa: S311 - moments are no secrets.
    moments = settings.moment or MOMENTS
    stops: list[Stop] = []
    for number in range(settings.terms):
        stop = stop_once(moments[number % len(moments)], chance, settings.workers)
        stops.append(stop)
        if not stop.is_kept:
            progress(
                f"TERM {number + 1}, {stop.delay:.3f} s into {stop.moment}: exit {stop.code} after "
                f"{stop.seconds:.2f} s, {stop.left} left, port free after {stop.port_free_after}, "
                f"{len(stop.lost)} lost\n"
                f"{describe(stop.lost, stop.at)}\n{stop.told}"
            )
        elif (number + 1) % 20 == 0:
            progress(f"{number + 1} TERMs")
    headers = ["moment", "TERMs", "exit codes", "s to the end (most)", "orphans", "port taken"]
    say(table([*headers, "after TERM: ok", "refused", "reset", "reset, none had served", "lost"], rows(stops)))
    say(f"\nSeed {settings.seed}. Kept connections had {LINGER:g} s to bring one last request.")
    return conclude(promises(stops))


def promises(stops: list[Stop]) -> list[Promise]:
    bad_codes = [stop.code for stop in stops if stop.code != 0]
    orphans = sum(stop.left for stop in stops)
    taken = sum(stop.port_free_after is None for stop in stops)
    lost = collections.Counter(one.outcome for stop in stops for one in stop.lost)
    resets = sum(one.outcome is Outcome.RESET for stop in stops for one in stop.after)
    found = ", ".join(f"{lost[outcome]} {outcome.value}" for outcome in LOST if lost[outcome]) or "none lost"
    return [
        Promise(f"{len(stops)} TERMs end with exit code 0", not bad_codes, f"{bad_codes or 'all did'}"),
        Promise("no process outlives the supervisor", not orphans, f"{orphans} orphans"),
        Promise(f"the port is free {FREE_WITHIN:g} s after the end", not taken, f"{taken} times it was not"),
        Promise(
            "clients are answered or refused, none is left hanging",
            not lost,
            f"{found}; {resets} that came after TERM were reset between the last accept and the close",
        ),
    ]


if __name__ == "__main__":
    run(main)
