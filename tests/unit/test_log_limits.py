"""Floods, losses and splitting are decided by counting."""

import logging
import os

import pytest

from tornado_cli.logs.allowance import FLOODS, Allowance
from tornado_cli.logs.losses import TELL_EVERY, Losses
from tornado_cli.logs.pipes import PARTIAL_SECONDS, Pipe
from tornado_cli.logs.wire import DATAGRAM_LIMIT, Kind, pack, unpack


def test_a_flood_is_cut_and_the_next_second_starts_anew() -> None:
    allowance = Allowance()
    admitted = sum(allowance.admits(logging.WARNING, 10.0) for _ in range(100_000))
    assert admitted == FLOODS[logging.WARNING]
    assert allowance.admits(logging.WARNING, 11.0)


def test_a_flood_of_warnings_does_not_hide_an_error() -> None:
    allowance = Allowance()
    for _ in range(100_000):
        allowance.admits(logging.WARNING, 10.0)
        allowance.admits(logging.DEBUG, 10.0)
    assert allowance.admits(logging.CRITICAL, 10.0)


def test_losses_are_told_at_once_and_then_once_a_minute() -> None:
    losses = Losses("--log-file a.log")
    assert losses.news(0, "", 0.0) == ""
    assert (
        losses.news(1, "No space left on device", 1.0) == "--log-file a.log: No space left on device; 1 line was lost"
    )
    assert losses.news(50, "No space left on device", 2.0) == ""
    assert losses.news(90, "", 1.0 + TELL_EVERY) == "--log-file a.log: 89 lines were lost"
    assert losses.news(90, "", 1.0 + 2 * TELL_EVERY) == ""


def test_entries_travel_whole_and_in_order() -> None:
    sent = [f"{number:05d}" + "x" * (number % 3000) for number in range(2000)] + ["y" * (DATAGRAM_LIMIT + 5)]
    datagrams = [*pack(Kind.LOG_LINES, sent)]
    assert sum(datagram.entries for datagram in datagrams) == len(sent)
    assert all(len(datagram.data) <= DATAGRAM_LIMIT + 2 for datagram in datagrams[:-1])
    received = b"".join(unpack(datagram.data)[1] for datagram in datagrams)
    assert received.decode().splitlines() == sent


@pytest.mark.parametrize("garbage", [b"", b"\x00", b"\x09abc\n", b"no line"])
def test_what_is_no_datagram_of_ours_is_a_value_error(garbage: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpack(garbage)


def test_printed_bytes_become_lines_without_colours_or_controls() -> None:
    reading, writing = os.pipe()
    pipe = Pipe(reading, "worker 0", logging.INFO, "stdout")
    os.write(writing, b"\x1b[1;31mred\x1b[0m\r\n\x1b[2J\x00\xff\xc2\x9b\nhalf")
    assert pipe.read() == ["red", "\\x1b[2J\\x00\\xff\\x9b"]
    # A sum of clock readings is not exact.
    assert 0 < (pipe.time_left(pipe._since) or 0) <= PARTIAL_SECONDS + 1e-6
    os.write(writing, b" done\nend")
    assert pipe.read() == ["half done"]
    os.close(writing)
    assert pipe.read() == ["end"]
    assert not pipe.is_open
    assert pipe.time_left(0.0) is None


def test_an_endless_printed_line_is_taken_in_pieces() -> None:
    reading, writing = os.pipe()
    pipe = Pipe(reading, "worker 0", logging.INFO, "stdout")
    os.set_blocking(writing, False)
    printed = os.write(writing, b"x" * 65536)
    assert sum(len(line) for line in pipe.read()) == printed
    os.close(writing)
    pipe.close()
