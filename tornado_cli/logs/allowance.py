"""How many records a process may send each second, so that a storm of them does not stop its loop."""

import logging

FLOODS = {logging.NOTSET: 10_000, logging.WARNING: 2_000, logging.ERROR: 2_000}
"""Records a second, from this level up: errors are not lost to a flood of warnings, nor those to one of debug records.

At 20-40 us for each, sending that many takes a tenth of the second.
"""


class Allowance:
    """Counts each second's records, by what a flood of them may not crowd out."""

    def __init__(self) -> None:
        self._second = 0
        self._left = dict(FLOODS)

    def admits(self, level: int, now: float) -> bool:
        if int(now) != self._second:
            self._second = int(now)
            self._left = dict(FLOODS)
        flood = (
            logging.ERROR if level >= logging.ERROR else logging.WARNING if level >= logging.WARNING else logging.NOTSET
        )
        self._left[flood] -= 1
        return self._left[flood] >= 0
