"""What follows when a companion has ended."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_cli.serve.companions.policy import STABLE, StartAgain, after_end


@pytest.mark.parametrize("ran", [0.0, STABLE])
def test_one_that_ends_with_0_has_done_its_work(ran: float) -> None:
    assert after_end(0, ran, early_ends=0) is None


def test_one_that_does_not_stay_waits_longer_each_time_and_never_for_ever() -> None:
    pauses: list[float] = []
    early_ends = 0
    for _ in range(8):
        follows = after_end(1, 0.1, early_ends)
        assert follows is not None
        pauses.append(follows.pause)
        early_ends = follows.early_ends
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]


@given(st.sampled_from([1, -9]), st.integers(0, 100))
def test_one_that_had_stayed_begins_anew(code: int, early_ends: int) -> None:
    assert after_end(code, STABLE, early_ends) == StartAgain(1.0, 1)
