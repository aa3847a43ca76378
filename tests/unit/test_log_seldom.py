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
