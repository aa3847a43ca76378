"""What stands before the application of `tcli run`: nothing, unless a setting asks for it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tornado_cli.config.run import RunConfig
from tornado_cli.errors import UsageError
from tornado_cli.http.exchange import Front
from tornado_cli.http.limits.guard import Guard
from tornado_cli.http.tally import Tally
from tornado_cli.run.request_limits import request_limits

if TYPE_CHECKING:
    from tornado_cli.http.proxies.trust import Trust
    from tornado_cli.http.refusals.refused import Refused


def fronts_of(config: RunConfig, refused: "Refused | None" = None) -> list[Front]:
    """Return what looks at each request first, in this order, and notes what it refuses.

    Raises UsageError for a setting that cannot be.
    """
    fronts: list[Front] = []
    if config.trusted_proxies:
        from tornado_cli.http.proxies.proxies import Proxies

        fronts.append(Proxies(_trust(config), refused))
    if config.acme_webroot:
        from tornado_cli.http.tls.acme import AcmeWebroot

        # Before the hosts: what an authority wants to see is not for the hosts that are served already.
        fronts.append(AcmeWebroot(Path(config.acme_webroot)))
    if config.allowed_hosts:
        from tornado_cli.http.hosts.hosts import Hosts

        fronts.append(Hosts(config.allowed_hosts, refused))
    return fronts


def introducers_of(config: RunConfig) -> "Trust | None":
    """Return who has to introduce each connection. Raises UsageError when nobody may."""
    if not config.proxy_protocol:
        return None
    if not config.trusted_proxies:
        raise UsageError(
            "--proxy-protocol needs to know from whom: else anybody could claim to be anybody.",
            hint="Add the proxy's address: --trusted-proxies 10.0.0.5",
        )
    return _trust(config)


def guard_of(config: RunConfig, tally: Tally) -> Guard:
    """Return what holds limits against requests and clients."""
    is_proxy = _trust(config).holds_for_peer if config.max_client_connections else _nobody
    return Guard(request_limits(config), tally, is_proxy)


def _nobody(_address: Any, _family: int) -> bool:
    return False


def _trust(config: RunConfig) -> "Trust":
    from tornado_cli.http.proxies.trust import Trust

    return Trust(config.trusted_proxies)
