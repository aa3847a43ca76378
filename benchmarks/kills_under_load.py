"""Kill workers, the leader and the supervisor under a steady load; only what a killed worker held may be lost."""  # noqa: INP001 - a script, in no package.

import argparse
import os
import random
import signal
import time

from harness.kills import Kill, kill_worker
from harness.load import STEADY, Load, counts_table, describe
from harness.process_tree import wait_until_ended
from harness.server import Server, seconds_until_port_is_free
from harness.tables import table
from harness.verdict import Promise, conclude, progress, run, say

GONE_WITHIN = 2.0
"""Seconds after the supervisor's death."""


def kill_workers(kills: int, workers: int) -> list[Promise]:
    chance = random.Random(1)  # noqa: S311 - which worker dies is no secret.
    with Server("apps.answers:make_app", workers=workers) as server:
        port, began, done = server.wait_until_ready(), time.monotonic(), list[Kill]()
        with Load(port, STEADY) as load:
            for number in range(kills):
                load.wait_for_answers(200)
                done.append(kill_worker(server, chance.choice(server.workers())))
                progress(
                    f"kill {number + 1}: replaced after {done[-1].replaced_after:.2f} s, held {len(done[-1].held)}"
                )
                if number % workers == workers - 1:
                    # A new generation: a slot whose workers die again and again waits longer each time.
                    server.reload()
            load.wait_for_answers(200)
    lost = load.lost()
    beyond = [one for one in lost if not any(kill.explains(one) for kill in done)]
    say(f"{kills} x kill -9 of a worker, {workers} workers\n\n{counts_table(load)}")
    say(f"\nHeld by the victims when they died: {sum(len(kill.held) for kill in done)} connections.")
    if beyond:
        say("Lost though no victim held it:\n" + describe(beyond, began))
    slowest = max(kill.replaced_after for kill in done)
    found = f"{len(beyond)} of {len(lost)} lost were not held by a victim; slowest replacement {slowest:.2f} s"
    return [Promise(f"{kills} killed workers take only the connections they held", not beyond, found)]


def kill_leader(kills: int, workers: int) -> list[Promise]:
    with Server("apps.answers:make_app", workers=workers) as server:
        port, began = server.wait_until_ready(), time.monotonic()
        with Load(port, STEADY) as load:
            for number in range(kills):
                load.wait_for_answers(200)
                place = server.bookmark()
                os.kill(server.leader(), signal.SIGKILL)
                server.wait_for("leader_died", after=place)
                server.wait_for("ready", after=place)
                server.wait_for("generation_left", after=place)
                progress(f"leader {number + 1} killed, lost by now {len(load.lost())}")
            load.wait_for_answers(200)
    lost = load.lost()
    say(f"\n{kills} x kill -9 of the leader\n\n{counts_table(load)}")
    if lost:
        say("Lost:\n" + describe(lost, began))
    return [
        Promise(f"{kills} killed leaders lose nothing", not lost, f"{len(lost)} lost of {sum(1 for _ in load.all())}")
    ]


def kill_supervisor(kills: int, workers: int) -> list[Promise]:
    rows: list[list[object]] = []
    is_kept = True
    for number in range(kills):
        with Server("apps.answers:make_app", workers=workers) as server:
            port = server.wait_until_ready()
            with Load(port, STEADY) as load:
                load.wait_for_answers(200)
                if number % 2:
                    # Its workers as they are in the middle of a reload.
                    server.send(signal.SIGHUP)
                    time.sleep(number * 0.05)
                server.send(signal.SIGKILL)
                wait_until_ended(server.pid, GONE_WITHIN)
                at = time.monotonic()
                left = server.wait_until_nothing_is_left(GONE_WITHIN)
                gone = time.monotonic() - at
                free = seconds_until_port_is_free(port, GONE_WITHIN - gone)
            timeouts = sum(one.outcome.value == "timeout" for one in load.all())
            is_kept = is_kept and not left and free is not None and not timeouts
            moment = "in a reload" if number % 2 else "under load"
            rows.append([moment, f"{gone:.2f}", len(left), "no" if free is None else "yes", timeouts])
            progress(f"supervisor {number + 1} killed: {rows[-1]}")
    say(f"\n{kills} x kill -9 of the supervisor\n")
    say(table(["moment", "s until all gone", "left", "port free", "clients left hanging"], rows))
    found = "each time" if is_kept else "see the table"
    return [
        Promise(f"nothing is left {GONE_WITHIN:g} s after the supervisor's death, the port is free", is_kept, found)
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="Of workers.")
    parser.add_argument("--leaders", type=int, default=3)
    parser.add_argument("--supervisors", type=int, default=4)
    parser.add_argument("--workers", type=int, default=2)
    settings = parser.parse_args()
    promises: list[Promise] = []
    for count, kill in (
        (settings.kills, kill_workers),
        (settings.leaders, kill_leader),
        (settings.supervisors, kill_supervisor),
    ):
        promises += kill(count, settings.workers) if count else []
    return conclude(promises)


if __name__ == "__main__":
    run(main)
