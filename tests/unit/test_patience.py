"""How long a connection may stand still: decided from looks at all of them."""

import pytest

from tornado_cli.http.limits.patience import Patience, Standing, Waiting
from tornado_cli.http.limits.request_limits import RequestLimits

LIMITS = RequestLimits(header_timeout=2.0, keep_alive=7.5, body_timeout=6.0)


def looks(patience: Patience, standing: Standing, until: float, since: float = 0.0) -> float | None:
    """Look every quarter of a second; return when the connection was given up."""
    now = since
    while now <= until:
        if patience.exhausted([("connection", standing)], now):
            return now
        now += 0.25
    return None


@pytest.mark.parametrize(
    ("waiting", "limit"),
    [
        (Waiting.FIRST_REQUEST, 2.0),
        (Waiting.NEXT_REQUEST, 7.5),
        (Waiting.BODY, 6.0),
        (Waiting.READER, 6.0),
        (Waiting.APPLICATION, None),
    ],
)
def test_each_has_its_time(waiting: Waiting, limit: float | None) -> None:
    assert looks(Patience(LIMITS), Standing(waiting, "exchange", 0), until=100.0) == limit


@pytest.mark.parametrize("waiting", [Waiting.BODY, Waiting.READER])
def test_a_step_forward_begins_the_time_anew(waiting: Waiting) -> None:
    patience = Patience(LIMITS)
    for step in range(10):
        assert looks(patience, Standing(waiting, "exchange", step), until=step * 5.75 + 5.5, since=step * 5.75) is None


def test_another_request_begins_the_time_anew() -> None:
    patience = Patience(LIMITS)
    assert looks(patience, Standing(Waiting.NEXT_REQUEST, "one", 0), until=7.25) is None
    assert looks(patience, Standing(Waiting.NEXT_REQUEST, "two", 0), since=7.5, until=14.75) is None


def test_bytes_of_headers_are_no_step_forward() -> None:
    # There is no way to tell them: the time is that until all are there.
    assert looks(Patience(LIMITS), Standing(Waiting.FIRST_REQUEST, "exchange", 0), until=100.0) == 2.0


def test_time_in_which_nobody_could_look_is_held_against_nobody() -> None:
    patience = Patience(LIMITS)
    standing = Standing(Waiting.FIRST_REQUEST, "exchange", 0)
    assert looks(patience, standing, until=1.0) is None
    # The application has blocked the loop, which could not read either.
    assert looks(patience, standing, since=31.0, until=40.0) == 31.75


def test_no_limit_is_no_limit() -> None:
    patience = Patience(RequestLimits(header_timeout=0, keep_alive=0, body_timeout=0))
    assert looks(patience, Standing(Waiting.FIRST_REQUEST, "exchange", 0), until=1000.0) is None
    assert patience.pause == 1.0


@pytest.mark.parametrize(("shortest", "pause"), [(20.0, 1.0), (0.8, 0.1)])
def test_looks_are_as_frequent_as_the_shortest_time_wants(shortest: float, pause: float) -> None:
    assert Patience(RequestLimits(header_timeout=shortest)).pause == pytest.approx(pause)


def test_of_many_only_those_that_stand_still_are_given_up() -> None:
    patience = Patience(LIMITS)
    for look in range(20):
        standings = [("still", Standing(Waiting.BODY, 1, 0)), ("moving", Standing(Waiting.BODY, 2, look))]
        given_up = patience.exhausted(standings, now=look / 2)
        assert [connection for connection, _ in given_up] == (["still"] if look >= 12 else [])
