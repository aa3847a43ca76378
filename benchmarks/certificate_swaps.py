"""Exchange the certificate again and again under a steady stream of handshakes, workers being killed meanwhile."""  # noqa: INP001 - a script, in no package.

import argparse
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.certificates import Pair, new_pair
from harness.handshakes import Handshakes, Meeting
from harness.kills import Kill, kill_worker
from harness.load import describe
from harness.process_tree import holdings
from harness.server import Server
from harness.tables import table
from harness.verdict import Promise, conclude, progress, run, say

WITHIN = 3.0
"""Seconds from the last change of the files until every worker serves with them."""
_GIVE_UP = 10.0
FEW = 4
"""Descriptors more that a supervisor may hold for a moment: of a worker that is coming or going."""
SLOWLY = 0.5
"""Seconds between certificate and key, where they are written one after the other."""


class Files:
    """The files that the server watches, and the ways in which people exchange them."""

    def __init__(self, folder: Path, first: Pair) -> None:
        self._folder = folder
        self._count = 0
        self.link(first)
        self.ways = (self.link, self.rename, self.overwrite)

    @property
    def certfile(self) -> Path:
        return self._folder / "live" / "site.crt"

    @property
    def keyfile(self) -> Path:
        return self._folder / "live" / "site.key"

    def link(self, pair: Pair) -> None:
        """Write elsewhere, and have a link lead there."""
        self._count += 1
        pair.write(self._folder / f"version{self._count}")
        (self._folder / "next").symlink_to(f"version{self._count}")
        (self._folder / "next").replace(self._folder / "live")

    def rename(self, pair: Pair) -> None:
        """Write beside, and rename one after the other."""
        for one in pair.write(self._folder / "beside"):
            one.replace(self._folder / "live" / one.name)

    def overwrite(self, pair: Pair) -> None:
        """Write in place, in halves and with pauses."""
        half = len(pair.certificate) // 2
        self.certfile.write_bytes(pair.certificate[:half])
        time.sleep(SLOWLY / 2)
        self.certfile.write_bytes(pair.certificate)
        time.sleep(SLOWLY / 2)
        self.keyfile.write_bytes(pair.key)


@dataclass(frozen=True, slots=True)
class Swap:
    """One exchange of the certificate."""

    way: str
    number: int
    at: float
    """When the last file was as it should be."""
    is_complete: bool
    """Whether every worker was seen with it."""


def swap(files: Files, number: int, pair: Pair, server: Server, handshakes: Handshakes) -> Swap:
    """Exchange the certificate, and wait until all workers that serve have been met with it."""
    way = files.ways[number % len(files.ways)]
    way(pair)
    at, begun = time.monotonic(), len(handshakes.meetings)

    def all_have_it() -> bool:
        met = {one.exchange.named for one in handshakes.meetings[begun:] if one.certificate == pair.der}
        return met >= set(server.workers())

    return Swap(way.__name__, number, at, handshakes.wait_until(all_have_it, _GIVE_UP))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--swaps", type=int, default=100)
    parser.add_argument("--kill-every", type=int, default=5, help="Kill a worker at each so manieth swap; 0 never.")
    parser.add_argument("--workers", type=int, default=2)
    settings = parser.parse_args()
    chance = random.Random(1)  # noqa: S311 - which worker dies is no secret.
    pairs = [new_pair() for _ in range(settings.swaps + 1)]
    swaps: list[Swap] = []
    kills: list[Kill] = []
    with tempfile.TemporaryDirectory(prefix="tcli-benchmark-") as folder:
        files = Files(Path(folder), pairs[0])
        tls = ("--certfile", str(files.certfile), "--keyfile", str(files.keyfile))
        with Server("apps.answers:make_app", *tls, workers=settings.workers) as server:
            port, began = server.wait_until_ready(), time.monotonic()
            before = holdings(server.pid)
            with Handshakes(port) as handshakes:
                for number, pair in enumerate(pairs[1:], 1):
                    swaps.append(swap(files, number, pair, server, handshakes))
                    if settings.kill_every and number % settings.kill_every == 0:
                        # While the next one is noticed, or not yet: at any moment of it.
                        kills.append(kill_worker(server, chance.choice(server.workers())))
                        time.sleep(chance.random())
                    if settings.kill_every and number % (4 * settings.kill_every) == 0:
                        # A slot whose workers die again and again waits longer each time.
                        server.reload()
                    after = holdings(server.pid)
                    progress(f"swap {number}: {len(handshakes.meetings)} handshakes, {len(kills)} kills")
    more = after.descriptors - before.descriptors
    flat = Promise("the supervisor holds no more descriptors", more <= FEW, f"{before.descriptors} and {more:+} later")
    return conclude([*judge(swaps, kills, handshakes.meetings, pairs, began), flat])


def judge(
    swaps: Sequence[Swap], kills: Sequence[Kill], meetings: Sequence[Meeting], pairs: Sequence[Pair], began: float
) -> list[Promise]:
    numbers = {pair.der: number for number, pair in enumerate(pairs)}
    late = {one.number: seconds_until_the_last_old(one, meetings, numbers) for one in swaps}
    lost = [one.exchange for one in meetings if one.exchange.is_lost]
    beyond = [one for one in lost if not any(kill.explains(one) for kill in kills)]
    ways = Counter(one.way for one in swaps)
    say(f"{len(swaps)} swaps, {len(meetings)} handshakes, {len(kills)} workers killed\n")
    rows = [
        [way, count, f"{statistics.median(values):.2f}", f"{max(values):.2f}"]
        for way, count in ways.items()
        for values in [[late[one.number] for one in swaps if one.way == way]]
    ]
    say(table(["way", "swaps", "median s until the last old one", "longest"], rows))
    say(f"\nHeld by the victims when they died: {sum(len(kill.held) for kill in kills)} connections, lost {len(lost)}.")
    if beyond:
        say("Lost though no victim held it:\n" + describe(beyond, began))
    missing = [one.number for one in swaps if not one.is_complete]
    failed = f"{len(beyond)} of {len(meetings)}"
    everywhere = f"not with {missing}" if missing else "all"
    return [
        Promise("no handshake fails but those that a killed worker held", not beyond, failed),
        Promise("every worker serves with each new certificate", not missing, everywhere),
        Promise(
            f"{WITHIN:g} s after a change nobody meets an old one",
            max(late.values()) <= WITHIN,
            f"at most {max(late.values()):.2f} s",
        ),
    ]


def seconds_until_the_last_old(swapped: Swap, meetings: Sequence[Meeting], numbers: dict[bytes, int]) -> float:
    """Return when the last handshake was begun that met an older certificate."""
    old = [
        one.exchange.began_at - swapped.at
        for one in meetings
        if one.certificate and numbers[one.certificate] < swapped.number and one.exchange.began_at >= swapped.at
    ]
    return max(old, default=0.0)


if __name__ == "__main__":
    run(main)
