"""What repeated measurements are worth: the median, and an interval that makes no assumption about their spread."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    median: float
    high: float
    confidence: float
    """That the true median lies between `low` and `high`."""

    def __str__(self) -> str:
        return f"{self.median:.3f} ({self.low:.3f}-{self.high:.3f})"


def median_interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """Return the sign-test interval: the narrowest pair of order statistics that is at least so sure.

    A value lies above the true median as often as below, so the number of those below is binomial, whatever the
    distribution is. Six values are needed for 95 %; with fewer the interval is all of them, as sure as that is.
    """
    ordered = sorted(values)
    count = len(ordered)
    for cut in range(count // 2, 0, -1):
        sure = _confidence(count, cut)
        if sure >= confidence:
            break
    else:
        cut, sure = 1, _confidence(count, 1)
    return Interval(ordered[cut - 1], statistics.median(ordered), ordered[count - cut], sure)


def _confidence(count: int, cut: int) -> float:
    """Return how surely the median is between the `cut`-th value from below and the `cut`-th from above."""
    outside = sum(math.comb(count, below) for below in range(cut))
    return 1.0 - 2.0 * outside / float(2**count)
