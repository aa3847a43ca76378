"""What this process has refused: each is counted by its kind, and each kind is told of once a minute at most."""

import logging

from tornado_cli.http.refusals.kinds import Kind
from tornado_cli.http.tally import Tally
from tornado_cli.logs.seldom import Seldom

_DETAIL = 200
"""Characters of a detail: it may hold what a client sent."""


class Refused:
    """Counts refusals, and tells of them."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._seldom = Seldom(logging.getLogger("tornado_cli.http"))

    def note(self, kind: Kind, client: str, detail: str = "") -> None:
        """Count one of this client."""
        self._tally.refused(kind)
        done = f"was refused with {kind.status}" if kind.status else "was cut off"
        flag = f" ({kind.flag})" if kind.flag else ""
        detail = f": {detail[:_DETAIL].removesuffix('.')}" if detail else ""
        self._seldom.tell(
            kind.name.lower(),
            f"{kind.what} {done}{flag}, {client}{detail}.",
            level=logging.WARNING if kind.limits else logging.INFO,
            client=client,
            status=kind.status,
        )

    def tell_due(self, *, at_last: bool = False) -> None:
        """Tell of what has only been counted, where that was long enough ago, or at last."""
        self._seldom.tell_due(at_last=at_last)
