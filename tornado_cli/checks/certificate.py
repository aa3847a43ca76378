"""What clients will mind about a certificate and the chain that it comes with."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from tornado_cli.checks.findings import Finding, note, problem, warning
from tornado_cli.system.tls.facts import CertificateFacts
from tornado_cli.system.tls.flaws import Flaw, flaws_of
from tornado_cli.system.tls.server_names import covers
from tornado_cli.system.tls.validity import Period

_LONGEST: Final = timedelta(days=825)
"""What Apple's systems accept of any authority; of public ones they accept 398 days."""
_NEW: Final = "Have a new one made, signed with SHA-256 for an ECDSA P-256 or RSA 2048 key."
_NO_AUTHORITY: Final = "Have one made for the server alone (basicConstraints=critical,CA:FALSE)."
_RENEW: Final = "Renew it; a certificate of tcli's own: tcli cert renew"
_FLAWS: Final = {
    Flaw.NO_NAMES: problem(
        "It names no host (subjectAltName): browsers refuse it.", "Have it made with its host names."
    ),
    Flaw.WRONG_ORDER: warning(
        "The certificates are in the wrong order, which not every client mends.",
        "Put the server's certificate first, then its issuer, then that one's.",
    ),
    Flaw.NO_INTERMEDIATE: problem(
        "The intermediate certificate is missing: many clients will not find it.",
        "Use the full chain (certbot: fullchain.pem).",
    ),
}


def certificate_findings(
    chain: Sequence[CertificateFacts], hosts: Sequence[str], now: datetime, *, is_in_order: bool = True
) -> list[Finding]:
    """Judge a chain in the order of use, the server's certificate first, for clients that ask for these hosts."""
    leaf, *issuers = chain
    flaws = flaws_of(
        leaf.names,
        len(chain),
        has_public_issuer=leaf.has_public_issuer,
        is_in_order=is_in_order,
        is_self_signed=leaf.subject == leaf.issuer,
    )
    return [
        *_of_validity(chain, now),
        *(_FLAWS[flaw] for flaw in flaws),
        *_of_names(leaf, hosts),
        *(finding for one in chain for finding in _of_strength(one, is_root=one.subject == one.issuer and one != leaf)),
        *_of_use(leaf),
        *_of_chain(leaf, issuers),
    ]


def _of_validity(chain: Sequence[CertificateFacts], now: datetime) -> Iterator[Finding]:
    for place, one in enumerate(chain):
        role = "issuer's certificate" if place else "certificate"
        text = Period(f"The {role} {one.subject}", one.begins, one.ends).warning(now)
        if text:
            yield (warning if one.begins <= now < one.ends else problem)(text, _RENEW)


def _of_names(leaf: CertificateFacts, hosts: Sequence[str]) -> Iterator[Finding]:
    for host in hosts if leaf.names else ():
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
        yield warning("It is the certificate of an authority; some clients refuse it from a server.", _NO_AUTHORITY)
    if leaf.ends - leaf.begins > _LONGEST:
        days = (leaf.ends - leaf.begins).days
        yield warning(f"It is valid for {days} days; Apple's systems accept 825.", "Have one made for a shorter time.")


def _of_chain(leaf: CertificateFacts, issuers: Sequence[CertificateFacts]) -> Iterator[Finding]:
    if leaf.subject == leaf.issuer:
        yield warning("It is signed by itself: nobody trusts it who was not told to.", "Get one from an authority.")
        return
    known = {leaf.issuer}
    for one in issuers:
        if one.subject not in known:
            yield warning(f"{one.subject} has nothing to do with this chain.", "Remove it from the file.")
        elif one.subject == one.issuer:
            yield note(f"The root {one.subject} is sent along; clients have it or do not trust it.")
        known.add(one.issuer)
