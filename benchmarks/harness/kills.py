"""The end of a worker by KILL, and the connections that ended with it."""

import os
import signal
import time
from dataclasses import dataclass

from harness.client import Exchange
from harness.process_tree import client_ports_held
from harness.server import Server


@dataclass(frozen=True, slots=True)
class Kill:
    """A worker's end, and the connections that ended with it."""

    at: float
    held: frozenset[int]
    replaced_after: float

    def explains(self, lost: Exchange) -> bool:
        # A port is not used again while its connection is open: open at that moment, it is the one that was held.
        return lost.client_port in self.held and lost.connected_at <= self.at <= lost.ended_at


def kill_worker(server: Server, pid: int) -> Kill:
    """Kill a worker; what it has accepted is read while it stands still, so that not one connection is missed."""
    place = server.bookmark()
    os.kill(pid, signal.SIGSTOP)
    held = frozenset(client_ports_held(pid))
    at = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    server.wait_for("worker_died", after=place, worker=pid)
    # Its successor in the slot, or a spare that was activated.
    server.wait_for("worker_ready", after=place)
    return Kill(at, held, time.monotonic() - at)
