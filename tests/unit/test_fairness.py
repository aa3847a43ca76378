"""Who takes the next connection, and what a worker does that cannot take any."""

import asyncio
import errno
import logging
import socket
import time
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from tornado_cli.http import accept
from tornado_cli.http.accept import Admission, GatedListener, add_accept_handler, always_open, gated
from tornado_cli.run.fairness import PATIENCE, admission, fair_gate
from tornado_cli.run.scoreboard import Column, Row, Scoreboard, State


@pytest.mark.parametrize(
    ("own", "others", "answer"),
    [
        (0, [], Admission.YES),
        (9, [], Admission.YES),
        (0, [0, 0], Admission.YES),
        (3, [3, 9], Admission.YES),
        (4, [3, 3], Admission.YES),
        (5, [3, 9], Admission.LATER),
        (5, [9, 9], Admission.YES),
    ],
)
def test_who_holds_more_than_another_leaves_the_next_one_to_it(own: int, others: list[int], answer: Admission) -> None:
    assert admission(own, others, pauses=0) is answer


def test_a_connection_that_nobody_takes_is_taken_in_the_end() -> None:
    assert admission(100, [0], pauses=PATIENCE) is Admission.YES


@pytest.mark.parametrize("workers", [2, 4, 16])
def test_kept_connections_are_shared_evenly_whoever_is_quickest(workers: int) -> None:
    held = [0] * workers
    chance = Random(7)
    for _ in range(64 * workers):
        # The quickest is asked first, and one of them is nearly always the quickest.
        order = sorted(range(workers), key=lambda worker: chance.random() + worker)
        taker = next(
            worker
            for worker in order
            if admission(held[worker], held[:worker] + held[worker + 1 :], pauses=0) is Admission.YES
        )
        held[taker] += 1
    assert max(held) <= 1.25 * 64
    assert min(held) >= 0.75 * 64


@pytest.fixture
def scoreboard() -> Iterator[Scoreboard]:
    scoreboard = Scoreboard.create(3)
    yield scoreboard
    scoreboard.close()


def serving(row: Row, connections: int) -> Row:
    row.take_over(1)
    row.beat()
    row.ready()
    row.words[Column.CONNECTIONS] = connections
    return row


def test_only_peers_that_serve_and_beat_are_waited_for(scoreboard: Scoreboard) -> None:
    rows = [scoreboard.row(slot) for slot in range(3)]
    gate = fair_gate(scoreboard, 0, 3, most=0)
    serving(rows[0], 9)
    peer = serving(rows[1], 0)
    try:
        assert gate(pauses=0) is Admission.LATER
        peer.set_state(State.DRAINING)
        assert gate(pauses=0) is Admission.YES
        peer.ready()
        peer.words[Column.HEARTBEAT] = time.monotonic_ns() - 60 * 10**9
        assert gate(pauses=0) is Admission.YES
    finally:
        for row in rows:
            row.words.release()


def test_without_descriptors_accepting_pauses_says_so_once_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # S22
    refusals = iter([True] * 3)
    accepted: list[socket.socket] = []

    def accept_in_the_end(listener: GatedListener) -> Any:
        if next(refusals, False):
            raise OSError(errno.EMFILE, "Too many open files")
        return socket.socket.accept(listener)

    async def serve() -> None:
        came = asyncio.Event()

        def take(connection: socket.socket, _address: object) -> None:
            accepted.append(connection)
            came.set()

        [listener] = gated([socket.create_server(("127.0.0.1", 0))], always_open, lambda: None)
        stop = add_accept_handler(listener, take)
        with socket.create_connection(listener.getsockname()):
            await asyncio.wait_for(came.wait(), 10)
        stop()
        listener.close()

    monkeypatch.setattr(accept, "EXHAUSTED_PAUSE", 0.01)
    monkeypatch.setattr(GatedListener, "accept", accept_in_the_end)
    with caplog.at_level(logging.WARNING):
        asyncio.run(serve())
    [connection] = accepted
    connection.close()
    assert [record.getMessage() for record in caplog.records] == [
        "No connection can be accepted for now: Too many open files."
    ]
