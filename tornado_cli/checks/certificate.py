"""What clients will mind about a certificate and the chain that it comes with."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from tornado_cli.checks.findings import Finding, note, problem, warning
from tornado_cli.system.addresses import is_address, plain_host
from tornado_cli.system.tls.facts import CertificateFacts
from tornado_cli.system.tls.validity import Period

_LONGEST: Final = timedelta(days=825)
"""What Apple's systems accept of any authority; of public ones they accept 398 days."""
_NEW: Final = "Have a new one made, signed with SHA-256 for an ECDSA P-256 or RSA 2048 key."
_RENEW: Final = "Renew it; a certificate of tcli's own: tcli cert renew"


def certificate_findings(
    chain: Sequence[CertificateFacts], hosts: Sequence[str], now: datetime, *, is_in_order: bool = True
) -> list[Finding]:
    """Judge a chain in the order of use, the server's certificate first, for clients that ask for these hosts."""
    leaf, *issuers = chain
    return [
        *_of_validity(chain, now),
        *_of_names(leaf, hosts),
        *(finding for one in chain for finding in _of_strength(one, is_root=one.subject == one.issuer and one != leaf)),
        *_of_use(leaf),
        *_of_chain(leaf, issuers, is_in_order=is_in_order),
    ]


def _of_validity(chain: Sequence[CertificateFacts], now: datetime) -> Iterator[Finding]:
    for place, one in enumerate(chain):
        role = "issuer's certificate" if place else "certificate"
        text = Period(f"The {role} {one.subject}", one.begins, one.ends).warning(now)
        if text:
            yield (warning if one.begins <= now < one.ends else problem)(text, _RENEW)


def _of_names(leaf: CertificateFacts, hosts: Sequence[str]) -> Iterator[Finding]:
    if not leaf.names:
        yield problem("It names no host (subjectAltName): browsers refuse it.", "Have it made with its host names.")
        return
    for host in hosts:
        if not any(covers(name, host) for name in leaf.names):
            text = f"It is not for {host}, only for {', '.join(leaf.names)}."
            yield problem(text, f"Have {host} added to its names, or ask by a name that it has.")


def _of_strength(one: CertificateFacts, *, is_root: bool) -> Iterator[Finding]:
    if one.is_key_weak:
        yield problem(f"The key of {one.subject} is too weak: {one.key}.", _NEW)
    # Nobody looks at how a root has signed itself.
    if one.is_digest_weak and not is_root:
        yield problem(f"{one.subject} is signed with {one.digest}, which can be forged.", _NEW)


def _of_use(leaf: CertificateFacts) -> Iterator[Finding]:
    if not leaf.is_for_servers:
        yield problem("It is not for servers (extendedKeyUsage).", "Have one made for TLS servers (serverAuth).")
    if leaf.is_authority:
        yield warning("It is the certificate of an authority; some clients refuse it from a server.", _NEW)
    if leaf.ends - leaf.begins > _LONGEST:
        days = (leaf.ends - leaf.begins).days
        yield warning(f"It is valid for {days} days; Apple's systems accept 825.", "Have one made for a shorter time.")


def _of_chain(leaf: CertificateFacts, issuers: Sequence[CertificateFacts], *, is_in_order: bool) -> Iterator[Finding]:
    if not is_in_order:
        text = "The certificates are in the wrong order, which not every client mends."
        yield warning(text, "Put the server's certificate first, then its issuer, then that one's.")
    if leaf.subject == leaf.issuer:
        yield warning("It is signed by itself: nobody trusts it who was not told to.", "Get one from an authority.")
        return
    if not issuers and leaf.has_public_issuer:
        text = "The intermediate certificate is missing: many clients will not find it."
        yield problem(text, "Use the full chain (certbot: fullchain.pem).")
    known = {leaf.issuer}
    for one in issuers:
        if one.subject not in known:
            yield warning(f"{one.subject} has nothing to do with this chain.", "Remove it from the file.")
        elif one.subject == one.issuer:
            yield note(f"The root {one.subject} is sent along; clients have it or do not trust it.")
        known.add(one.issuer)


def covers(name: str, host: str) -> bool:
    """Say whether a name in a certificate is for a host (RFC 9525, 6.3: a wildcard is one whole label, the first)."""
    name, host = plain_host(name), plain_host(host)
    if is_address(host) or not name.startswith("*."):
        return name == host
    label, dot, rest = host.partition(".")
    return bool(label and dot) and rest == name.removeprefix("*.")
