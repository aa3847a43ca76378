"""What looks at each request before the application of `tcli run` does: nothing, unless a setting asks for it."""

from pathlib import Path

from tornado_cli.config.commands import RunConfig
from tornado_cli.http.exchange import Front


def fronts_of(config: RunConfig) -> list[Front]:
    """Return it in the order in which it is asked. Raises UsageError for a setting that cannot be."""
    fronts: list[Front] = []
    if config.trusted_proxies:
        from tornado_cli.http.proxies import Proxies
        from tornado_cli.http.trust import Trust

        fronts.append(Proxies(Trust(config.trusted_proxies)))
    if config.acme_webroot:
        from tornado_cli.http.acme import AcmeWebroot

        # Before the hosts: what an authority wants to see is not for the hosts that are served already.
        fronts.append(AcmeWebroot(Path(config.acme_webroot)))
    if config.allowed_hosts:
        from tornado_cli.http.hosts import Hosts

        fronts.append(Hosts(config.allowed_hosts))
    return fronts
