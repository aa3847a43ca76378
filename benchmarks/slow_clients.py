"""How long others wait while slowhttptest holds hundreds of connections: slow headers, slow bodies, slow reading."""  # noqa: INP001 - a script, in no package.

import argparse
import http.client
import math
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from harness.process_tree import pss
from harness.server import Server
from harness.tables import table
from harness.verdict import CannotMeasureError, Promise, conclude, progress, run, say

OTHERS = "127.0.0.2"
"""Where the other client comes from; the slow ones are 127.0.0.1."""
PAUSE = 0.01
"""Seconds between two of its requests."""
WORST = 0.025
"""Seconds that others may wait, however fast it is when nobody is slow."""
TIMES_IDLE = 3
MEMORY_EACH = 0.25
"""MiB that the whole tree may use more for each slow connection: its own, and the piece that it does not read."""
MODES = {
    "headers": ("-H", "-i", "1"),
    "bodies": ("-B", "-i", "1", "-s", "8192"),
    "reading": ("-X", "-k", "3", "-w", "10", "-y", "20", "-n", "5", "-z", "32"),
}
"""Flags of slowhttptest."""


@dataclass(slots=True)
class Found:
    """What another client has seen, and the memory of the server meanwhile."""

    waits: list[float] = field(default_factory=list)
    """Seconds, connecting included."""
    failures: int = 0
    memory: list[float] = field(default_factory=list)
    """MiB."""

    @property
    def p99(self) -> float:
        return sorted(self.waits)[math.ceil(len(self.waits) * 0.99) - 1]


def ask(port: int) -> bool:
    """Ask on a connection of its own; say whether there was an answer."""
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10, source_address=(OTHERS, 0))) as client:
            client.request("GET", "/", headers={"Connection": "close"})
            return client.getresponse().read().isdigit()
    except OSError:
        return False


def watch(server: Server, seconds: float) -> Found:
    """Be the other client for so long."""
    found = Found()
    until = time.monotonic() + seconds
    looked_at = 0.0
    while (began := time.monotonic()) < until:
        if not ask(server.port):
            found.failures += 1
        found.waits.append(time.monotonic() - began)
        if began - looked_at > 1:
            looked_at = began
            found.memory.append(pss(server.tree()))
        time.sleep(PAUSE)
    return found


@contextmanager
def slow_clients(flags: tuple[str, ...], url: str, connections: int, seconds: int) -> Iterator[None]:
    command = ["slowhttptest", *flags, "-c", str(connections), "-r", str(connections), "-l", str(seconds), "-p", "10"]
    attack = subprocess.Popen([*command, "-u", url], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        attack.terminate()
        attack.wait()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=500)
    parser.add_argument("--seconds", type=int, default=30, help="Of each mode.")
    parser.add_argument("--workers", type=int, default=2)
    settings = parser.parse_args()
    if shutil.which("slowhttptest") is None:
        raise CannotMeasureError("slowhttptest is not on PATH (Debian: apt-get install slowhttptest).")
    with Server("apps.answers:make_app", "--no-access-log", workers=settings.workers) as server:
        port = server.wait_until_ready()
        watch(server, 1)
        found = {"nobody is slow": watch(server, settings.seconds / 2)}
        for mode, flags in MODES.items():
            path = "large" if mode == "reading" else ""
            url = f"http://127.0.0.1:{port}/{path}"
            with slow_clients(flags, url, settings.connections, settings.seconds):
                found[f"slow {mode}"] = watch(server, settings.seconds)
            progress(f"slow {mode}: {found[f'slow {mode}'].p99 * 1000:.1f} ms")
        found["nobody is slow again"] = watch(server, settings.seconds / 2)
    say(rows(found))
    return conclude(promises(found, settings.connections * MEMORY_EACH))


def rows(found: dict[str, Found]) -> str:
    return table(
        ["", "requests", "failed", "p99 ms", "worst ms", "memory MiB"],
        [
            [
                name,
                len(one.waits),
                one.failures,
                f"{one.p99 * 1000:.1f}",
                f"{max(one.waits) * 1000:.1f}",
                f"{min(one.memory):.0f}-{max(one.memory):.0f}",
            ]
            for name, one in found.items()
        ],
    )


def promises(found: dict[str, Found], memory: float) -> list[Promise]:
    idle = found["nobody is slow"]
    most = max(TIMES_IDLE * idle.p99, WORST)
    made = [
        Promise(f"{name}: p99 of others <= {most * 1000:.0f} ms", one.p99 <= most, f"{one.p99 * 1000:.1f} ms")
        for name, one in found.items()
        if name.startswith("slow")
    ]
    failures = sum(one.failures for one in found.values())
    growth = max(max(one.memory) for one in found.values()) - max(idle.memory)
    return [
        *made,
        Promise("all others are served", failures == 0, f"{failures} were not"),
        Promise(f"memory grows by {memory:.0f} MiB at most", growth <= memory, f"{growth:.0f} MiB"),
    ]


if __name__ == "__main__":
    run(main)
