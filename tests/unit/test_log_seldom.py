"""Events that strangers cause: told at once, then counted."""

import logging

import pytest

from tornado_cli.logs.seldom import PAUSE, Seldom


def test_the_first_of_a_kind_is_told_and_the_others_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    now = 100.0
    seldom = Seldom(logging.getLogger("test"), clock=lambda: now)
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            seldom.tell("plain_http", "Somebody came.")
        seldom.tell("handshake_failed", "Somebody else came.")
        now += PAUSE
        for _ in range(2):
            seldom.tell("plain_http", "Somebody came.")
    assert caplog.messages == [
        "Somebody came.",
        "Somebody else came.",
        "Somebody came. 2 more since the last line about it.",
    ]


def test_what_was_only_counted_is_told_when_it_is_due_though_nothing_more_comes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = 100.0
    seldom = Seldom(logging.getLogger("test"), clock=lambda: now)
    with caplog.at_level(logging.INFO):
        for number in range(4):
            seldom.tell("malformed", f"Number {number} came.", level=logging.WARNING)
        seldom.tell_due()
        assert caplog.messages == ["Number 0 came."]
        now += PAUSE
        seldom.tell_due()
        seldom.tell_due()
        assert caplog.messages == ["Number 0 came.", "Number 3 came. 2 more since the last line about it."]
        seldom.tell("malformed", "The last one came.", level=logging.WARNING)
        seldom.tell_due(at_last=True)
    assert caplog.messages[2:] == ["The last one came."]
    assert {record.levelname for record in caplog.records} == {"WARNING"}
