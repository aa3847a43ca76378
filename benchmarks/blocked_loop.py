"""Block a worker's loop in several ways; it must be killed in time, its blocking line named, the other one serving."""  # noqa: INP001 - a script, in no package.

import argparse
import random
import re
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass

from harness.client import HOST
from harness.load import KEPT, NEW, Load, describe
from harness.process_tree import client_ports_held, wait_until_ended
from harness.project import APPS
from harness.server import Server, ServerError, has_option
from harness.tables import table
from harness.verdict import CannotMeasureError, Promise, conclude, run, say

APP = APPS / "answers.py"
WAYS = ("sleep", "spin", "gil")
MARGIN = 1.0
"""Seconds on top of the time-out."""
LONGEST_GAP = 1.0
"""Seconds without an answer to anybody that count as an interruption."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    way: str
    killed_after: float | None
    lines: tuple[int, ...]
    is_named: bool
    replaced_after: float | None
    lost: int
    """Requests that failed though the blocked worker did not hold them."""
    answers: int
    """While it was blocked."""
    longest_gap: float
    details: str

    def is_kept(self, limit: float) -> bool:
        in_time = self.killed_after is not None and self.killed_after <= limit
        return in_time and self.is_named and not self.lost and self.longest_gap <= LONGEST_GAP


def lines_of(way: str) -> tuple[int, ...]:
    """Return the numbers of the lines of the application that block: of a loop any may be the one that runs."""
    lines = enumerate(APP.read_text().splitlines(), 1)
    return tuple(number for number, text in lines if text.endswith(f"# blocks: {way}"))


def is_named(lines: Iterable[int], said: str) -> bool:
    """Say whether a dump names one of these lines of the application, as tracebacks or as compilers do."""
    numbers = "|".join(map(str, lines))
    return re.search(rf'{re.escape(APP.name)}(", line |:)({numbers})\b', said) is not None


def block(way: str, hang_timeout: float, workers: int, phase: float) -> Block:
    """Block a worker `phase` seconds after it is warm: anywhere between two of its beats."""
    with Server("apps.answers:make_app", "--hang-timeout", str(hang_timeout), workers=workers) as server:
        port, place = server.wait_until_ready(), server.bookmark()
        pids = server.workers()
        with Load(port, {NEW: 3, KEPT: 6}) as load, socket.create_connection((HOST, port)) as victim:
            load.wait_for_answers(100)
            time.sleep(phase)
            began = time.monotonic()
            victim.sendall(f"GET /block/{way} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            time.sleep(min(0.5, hang_timeout / 2))
            own_port = victim.getsockname()[1]
            # A blocked loop accepts nothing more: what it holds now is all that it takes with it.
            held = {pid: client_ports_held(pid) for pid in pids}
            blocked = next((pid for pid, ports in held.items() if own_port in ports), 0)
            if not blocked:
                raise ServerError(f"no worker took the request that blocks\n{server.told()}")
            limit = hang_timeout + MARGIN
            is_dead = wait_until_ended(blocked, limit + 2 - (time.monotonic() - began))
            ended = time.monotonic()
            if is_dead:
                server.wait_for("worker_ready", after=place)
            replaced = time.monotonic()
            load.wait_for_answers(50)
        lost = [one for one in load.lost() if one.client_port not in held[blocked]]
        moments = sorted(one.ended_at for one in load.all() if not one.is_lost and began <= one.ended_at <= ended)
        lines = lines_of(way)
        return Block(
            way=way,
            killed_after=ended - began if is_dead else None,
            lines=lines,
            is_named=is_named(lines, server.everything_said()),
            replaced_after=replaced - ended if is_dead else None,
            lost=len(lost),
            answers=len(moments),
            longest_gap=max((b - a for a, b in zip([began, *moments], [*moments, ended], strict=True)), default=0.0),
            details=describe(lost, began),
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hang-timeout", type=float, default=5.0)
    parser.add_argument("--times", type=int, default=3, help="Blocks of each kind.")
    parser.add_argument("--workers", type=int, default=2)
    settings = parser.parse_args()
    if not has_option("--hang-timeout"):
        raise CannotMeasureError("`tcli run` has no option --hang-timeout.")
    chance = random.Random()  # noqa: S311 - moments are no secrets.
    blocks = [
        block(way, settings.hang_timeout, settings.workers, chance.random())
        for _ in range(settings.times)
        for way in WAYS
    ]
    limit = settings.hang_timeout + MARGIN
    headers = ["blocked by", "s until killed", f"line of {APP.name}", "named", "s until replaced"]
    rows = [
        [
            one.way,
            "never" if one.killed_after is None else f"{one.killed_after:.2f}",
            " ".join(map(str, one.lines)),
            "yes" if one.is_named else "no",
            "-" if one.replaced_after is None else f"{one.replaced_after:.2f}",
            one.answers,
            f"{one.longest_gap:.2f}",
            one.lost,
        ]
        for one in blocks
    ]
    say(table([*headers, "answers meanwhile", "longest gap s", "lost elsewhere"], rows))
    for one in blocks:
        if one.details:
            say(f"Lost elsewhere ({one.way}):\n{one.details}")
    late = [one for one in blocks if one.killed_after is None or one.killed_after > limit]
    unnamed = [one for one in blocks if not one.is_named]
    gaps = [one for one in blocks if one.lost or one.longest_gap > LONGEST_GAP]
    slowest = max((one.killed_after or 0.0) for one in blocks)
    return conclude(
        [
            Promise(
                f"a blocked loop is killed within {limit:g} s", not late, f"slowest {slowest:.2f} s, {len(late)} late"
            ),
            Promise(
                "the dump names the blocking line", not unnamed, f"{len(blocks) - len(unnamed)} of {len(blocks)} did"
            ),
            Promise("the other workers serve on", not gaps, f"{len(gaps)} of {len(blocks)} were interrupted"),
        ]
    )


if __name__ == "__main__":
    run(main)
