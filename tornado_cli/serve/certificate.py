"""Which certificate the dev server serves with: the user's own, or one of ours that covers the network, too."""

import logging
from typing import TYPE_CHECKING

from tornado_cli.config.serve import ServeConfig
from tornado_cli.errors import UsageError
from tornado_cli.http.tls.certificate import given_credentials
from tornado_cli.logs.events import event
from tornado_cli.records import Record
from tornado_cli.system.addresses import WILDCARDS, addresses_of, is_everywhere, is_loopback, plain_host
from tornado_cli.system.interfaces import outside_addresses

if TYPE_CHECKING:
    from tornado_cli.system.tls.credentials import Credentials

logger = logging.getLogger("tornado_cli.serve")


class Choice(Record, kw_only=True):
    """What is served with; None is plain HTTP."""

    credentials: "Credentials | None" = None
    is_ours: bool = False
    uncovered: tuple[str, ...] = ()
    """Addresses by which others may come and find a certificate that is not for them."""

    @property
    def scheme(self) -> str:
        return "http" if self.credentials is None else "https"

    def tell(self) -> None:
        """Log what people need to know of it."""
        if self.is_ours:
            text = "Browsers warn of this development certificate until they trust tcli's authority: tcli cert trust"
            event(logger, logging.INFO, "certificate", text)
        if self.uncovered:
            text = f"It does not cover {', '.join(self.uncovered)}: ours are for addresses of private networks."
            event(logger, logging.WARNING, "certificate", text)
        for text in () if self.credentials is None else self.credentials.warnings:
            event(logger, logging.WARNING, "certificate", text)


def certificate_for(config: ServeConfig) -> Choice:
    """Return it; raises a UsageError of its own for each thing that can be wrong with the settings."""
    given = given_credentials(config)
    return Choice(credentials=given) if given is not None or not config.ssl else _made(config.host)


def addresses_for_others(host: str) -> list[str]:
    """Return the addresses by which other machines reach what listens on a host."""
    if is_loopback(host):
        return []
    listened = addresses_of(host)
    found = [found for one in listened if one.host in WILDCARDS for found in outside_addresses(one.family)]
    return found + [one.host for one in listened if one.host not in WILDCARDS]


def _made(host: str) -> Choice:
    from tornado_cli.system.certificates.development import development_certificate, vouches_for
    from tornado_cli.system.tls.credentials import read_credentials

    others = addresses_for_others(host)
    covered = [address for address in others if vouches_for(address)]
    if others and not is_everywhere(host) and plain_host(host) not in covered:
        raise UsageError(
            f"--ssl on {host} needs a certificate: ours are for this machine and for addresses of private networks.",
            hint="Add --certfile FILE --keyfile FILE, or listen on 127.0.0.1.",
        )
    made = development_certificate(host if is_loopback(host) else "localhost", network=covered)
    uncovered = tuple(address for address in others if address not in covered)
    return Choice(credentials=read_credentials(made.files), is_ours=True, uncovered=uncovered)
