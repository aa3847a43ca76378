"""What a process in production holds against requests and clients that ask for too much, of size or of patience."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tornado_cli.http.departures import Departures
from tornado_cli.http.exchange import Front
from tornado_cli.http.limits.faults import Faults
from tornado_cli.http.limits.request_limits import RequestLimits
from tornado_cli.http.limits.sizes import SizeLimits
from tornado_cli.http.limits.stalls import Stalls
from tornado_cli.http.refusals.refused import Refused
from tornado_cli.http.tally import Tally

if TYPE_CHECKING:
    from tornado_cli.http.limits.clients import ClientConnections


class Guard:
    """The limits of one process, and what enforces them."""

    def __init__(self, limits: RequestLimits, tally: Tally, is_proxy: Callable[[Any, int], bool]) -> None:
        """`is_proxy` says of a peer, by its address and family, whether it brings requests of others."""
        self.limits = limits
        self.refused = Refused(tally)
        self.faults = Faults(self.refused)
        Departures()
        self.clients = self._clients(is_proxy) if limits.client_connections else None

    def _clients(self, is_proxy: Callable[[Any, int], bool]) -> "ClientConnections":
        # Not everybody wants it, and it knows of networks.
        from tornado_cli.http.limits.clients import ClientConnections

        return ClientConnections(self.limits.client_connections, is_proxy, self.refused)

    @property
    def fronts(self) -> list[Front]:
        """What looks at requests last of all, when it is known whose they are."""
        sizes = SizeLimits(self.limits, self.refused)
        return [sizes] if self.clients is None else [self.clients, sizes]

    def stalls(self, keep_alive: float | None) -> Stalls:
        """Return what ends connections of one server that stand still; it may have its own time between requests."""
        limits = self.limits.but(keep_alive=keep_alive) if keep_alive else self.limits
        return Stalls(limits, self.refused)
