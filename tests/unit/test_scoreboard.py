"""The scoreboard: what a worker notes is what everybody else reads, across processes and across deaths."""

import os
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_cli.http.refusals.kinds import Kind
from tornado_cli.run.scoreboard import LAYOUT, Column, Header, Scoreboard, State
from tornado_cli.system.shared_words import SharedWords

SLOTS = 3


@pytest.fixture
def scoreboard() -> Iterator[Scoreboard]:
    made = Scoreboard.create(SLOTS)
    yield made
    made.close()


def in_a_child(work: Callable[[], None]) -> None:
    """Run in a forked process; here it has ended when this returns."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_a_new_scoreboard_is_empty(scoreboard: Scoreboard) -> None:
    assert {scoreboard.get(slot, column) for slot in range(SLOTS) for column in Column} == {0}
    assert not scoreboard.was_ready


def test_the_row_of_one_worker_is_read_by_others(scoreboard: Scoreboard) -> None:
    def work() -> None:
        row = Scoreboard.inherited(scoreboard.descriptor, SLOTS).row(1)
        row.take_over(4711)
        row.set_state(State.STARTING)
        row.beat()
        row.ready()
        row.connection_opened()
        row.request_began()
        row.request_ended(204, 17)
        row.request_began()

    in_a_child(work)
    assert scoreboard.get(1, Column.STATE) == State.READY
    assert scoreboard.get(1, Column.PID) == 4711
    assert scoreboard.get(1, Column.HEARTBEAT) > 0
    assert scoreboard.get(1, Column.CONNECTIONS) == 1
    assert scoreboard.get(1, Column.IN_FLIGHT) == 1
    assert scoreboard.get(1, Column.REQUESTS) == 1
    assert scoreboard.get(1, Column.STATUS_2XX) == 1
    assert scoreboard.get(1, Column.BYTES) == 17
    assert {scoreboard.get(slot, column) for slot in (0, 2) for column in Column} == {0}


def test_what_a_worker_had_open_at_its_death_is_kept_apart_and_its_counts_go_on(scoreboard: Scoreboard) -> None:
    row = scoreboard.row(0)
    row.take_over(1)
    for _ in range(3):
        row.connection_opened()
        row.request_began()
    row.request_ended(200, 5)
    scoreboard.row(0).take_over(2)
    assert scoreboard.get(0, Column.LAST_IN_FLIGHT) == 2
    assert scoreboard.get(0, Column.LAST_CONNECTIONS) == 3
    assert scoreboard.get(0, Column.IN_FLIGHT) == scoreboard.get(0, Column.CONNECTIONS) == 0
    assert (scoreboard.get(0, Column.REQUESTS), scoreboard.get(0, Column.BYTES)) == (1, 5)
    assert scoreboard.get(0, Column.STATE) == State.WAITING


def test_a_beat_says_only_that_the_loop_runs(scoreboard: Scoreboard) -> None:
    row = scoreboard.row(0)
    row.set_state(State.DRAINING)
    row.beat()
    assert scoreboard.get(0, Column.STATE) == State.DRAINING
    assert scoreboard.get(0, Column.HEARTBEAT) > 0


@given(st.lists(st.tuples(st.integers(0, 999), st.integers(0, 2**40))))
def test_counts_add_up_whatever_is_answered(answers: list[tuple[int, int]]) -> None:
    scoreboard = Scoreboard.create(1)
    row = scoreboard.row(0)
    for status, size in answers:
        row.request_began()
        row.request_ended(status, size)
    classes = (Column.STATUS_1XX, Column.STATUS_2XX, Column.STATUS_3XX, Column.STATUS_4XX, Column.STATUS_5XX)
    for number, column in enumerate(classes, 1):
        assert scoreboard.get(0, column) == sum(status // 100 == number for status, _ in answers)
    assert scoreboard.get(0, Column.REQUESTS) == len(answers)
    assert scoreboard.get(0, Column.BYTES) == sum(size for _, size in answers)
    assert scoreboard.get(0, Column.IN_FLIGHT) == 0
    scoreboard.close()


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_of_refusal_has_its_count(scoreboard: Scoreboard, kind: Kind) -> None:
    row = scoreboard.row(0)
    row.refused(kind)
    row.refused(kind)
    assert scoreboard.get(0, Column[f"REFUSED_{kind.status}"] if kind.status else Column.CUT_OFF) == 2
    assert sum(scoreboard.get(0, column) for column in Column) == 2


def test_readiness_is_read_by_workers(scoreboard: Scoreboard) -> None:
    scoreboard.was_ready = True

    def work() -> None:
        assert Scoreboard.inherited(scoreboard.descriptor, SLOTS).was_ready

    in_a_child(work)


def test_another_layout_is_refused() -> None:
    words = SharedWords.create("test", 100)
    words[Header.LAYOUT] = LAYOUT + 1
    with pytest.raises(ValueError, match="layout"):
        Scoreboard(words)
    words.close()


def test_shared_words_are_not_inherited_by_programs() -> None:
    words = SharedWords.create("test", 4)
    assert not os.get_inheritable(words.descriptor)
    assert len(words) == 4
    words[3] = 2**64 - 1
    assert words[3] == 2**64 - 1
    assert list(words.slice(2, 2)) == [0, 2**64 - 1]
    words.close()
