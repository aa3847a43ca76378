"""What follows when a companion has ended: decided on plain values."""

from tornado_cli.records import Record

STABLE = 10.0
"""Seconds after which a start was a good one: an end after them has no history."""
_PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Seconds before the first, the second, ... restart of one that does not stay."""


class StartAgain(Record):
    pause: float
    early_ends: int
    """How often in a row it has not stayed."""


def after_end(code: int, ran: float, early_ends: int) -> StartAgain | None:
    """Say what follows when a companion has ended by itself, having run for so many seconds; None is nothing.

    One that ends with 0 has done what it was for: a build, say. It would only do the same again.
    """
    if code == 0:
        return None
    early_ends = 0 if ran >= STABLE else early_ends
    return StartAgain(_PAUSES[min(early_ends, len(_PAUSES) - 1)], early_ends + 1)
