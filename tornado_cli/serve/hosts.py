"""By which hosts `tcli serve` shows what is nobody else's business: this machine's own, and those allowed besides."""

from tornado_cli.config.serve import ServeConfig
from tornado_cli.http.hosts.hosts import Hosts
from tornado_cli.http.hosts.patterns import development_patterns


def guarding_hosts(config: ServeConfig) -> Hosts:
    """Return what guards tcli's own pages always, and the application when hosts are named in the settings."""
    return Hosts([*development_patterns(config.host), *config.allowed_hosts])
