"""Fair accepting: a worker that holds more connections than another leaves the next one to it.

Workers that share a listener are all woken by a connection, and the one that is quickest takes everything: one core
of two was busy in two of three runs. What the others hold stands in the scoreboard.
"""

import time
from collections.abc import Iterable

from tornado_cli.http.accept import Admission, Gate
from tornado_cli.run.scoreboard import Column, Scoreboard, State

SLACK = 1
"""Connections that a worker may hold more than the one with the fewest."""
PATIENCE = 10
"""Pauses after which a connection is taken all the same: whom it was left to may be blocked."""
_ALIVE = 2_500_000_000
"""Nanoseconds since its last beat after which a worker is no longer waited for."""


def admission(own: int, others: Iterable[int], *, pauses: int) -> Admission:
    """Say whether a worker with `own` connections takes the next one; `others` is what its peers hold."""
    excess = own - min(others, default=own) - SLACK
    # Whom it is left to may have no CPU just now; who is far ahead can wait longer for it.
    return Admission.YES if excess <= 0 or pauses >= min(excess + 1, PATIENCE) else Admission.LATER


def fair_gate(scoreboard: Scoreboard, slot: int, slots: int, most: int) -> Gate:
    """Return the gate of the worker in a slot, which holds so many connections at most; 0 is any number."""
    peers = [peer for peer in range(slots) if peer != slot]

    def gate(*, pauses: int) -> Admission:
        own = scoreboard.get(slot, Column.CONNECTIONS)
        if own < SLACK:
            return Admission.YES
        if 0 < most <= own:
            return Admission.FULL
        alive_since = time.monotonic_ns() - _ALIVE
        others = (
            scoreboard.get(peer, Column.CONNECTIONS)
            for peer in peers
            if scoreboard.get(peer, Column.STATE) == State.READY
            and scoreboard.get(peer, Column.HEARTBEAT) > alive_since
        )
        return admission(own, others, pauses=pauses)

    return gate
