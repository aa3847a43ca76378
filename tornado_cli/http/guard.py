"""What a process in production holds against requests and clients that ask for too much, of size or of patience."""

import dataclasses

from tornado_cli.http.faults import Faults
from tornado_cli.http.limits import RequestLimits, SizeLimits
from tornado_cli.http.refused import Refused
from tornado_cli.http.stalls import Stalls
from tornado_cli.http.tally import Tally


class Guard:
    """The limits of one process, and what enforces them."""

    def __init__(self, limits: RequestLimits, tally: Tally) -> None:
        self.limits = limits
        self.refused = Refused(tally)
        self.faults = Faults(limits, self.refused)
        self.sizes = SizeLimits(limits, self.refused)
        """A front, the last."""

    def stalls(self, keep_alive: float | None) -> Stalls:
        """Return what ends connections of one server that stand still; it may have its own time between requests."""
        limits = dataclasses.replace(self.limits, keep_alive=keep_alive) if keep_alive else self.limits
        return Stalls(limits, self.refused)
