"""Checking what a host that is live says over TLS."""

import re
import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tornado_cli.checks.certificate import certificate_findings
from tornado_cli.checks.findings import Finding, note, problem, warning
from tornado_cli.checks.report import Report, lines_about
from tornado_cli.errors import UsageError
from tornado_cli.records import Record
from tornado_cli.system.tls.chain import chain_from
from tornado_cli.system.tls.facts import certificates_of, facts_of
from tornado_cli.system.tls.probe import Greeting, Probe, ProbeError

_HTTPS: Final = 443
_PLACE: Final = re.compile(
    r"(?:https://)?(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9._-]+))(?::(?P<port>[0-9]{1,5}))?(?:/.*)?"
)
_LAST_PORT: Final = 65535
_NEWEST: Final = "TLSv1.3"
_SAID_ALREADY: Final = ("expired", "not yet valid")
"""Parts of OpenSSL's verdicts that are findings of their own."""
_STRONGER: Final = "Serve TLS 1.2 and 1.3 only, with suites of Mozilla's intermediate guideline; tcli run does."
_OLD_VERSIONS: Final = {"TLS 1.0": ssl.TLSVersion.TLSv1, "TLS 1.1": ssl.TLSVersion.TLSv1_1}
_WEAK_SUITES: Final = {
    "has no forward secrecy": "kRSA:@SECLEVEL=0",
    "is not authenticated as a whole (CBC)": "kEECDH:kEDH:!AESGCM:!CHACHA20:!AESCCM:!ARIAGCM:!eNULL:!aNULL:@SECLEVEL=0",
    "does not encrypt, or proves nothing": "eNULL:aNULL:@SECLEVEL=0",
}


class Place(Record):
    """Where to ask."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def place_of(text: str) -> Place:
    """Read `HOST`, `HOST:PORT` or an https URL. Raises UsageError."""
    match = _PLACE.fullmatch(text)
    if match is None or not 0 < int(match["port"] or _HTTPS) <= _LAST_PORT:
        raise UsageError(f"{text!r} is neither a file nor a host.", hint="Name a file, HOST or HOST:PORT.")
    return Place(match["v6"] or match["host"], int(match["port"] or _HTTPS))


def check_host(place: Place, hosts: Sequence[str], authorities: Sequence[Path], ours: Sequence[Path]) -> Report:
    """Judge what a live server sends and speaks; `ours` are authorities that only some trust, for development.

    Raises ProbeError for one that cannot be asked.
    """
    probe = Probe(place.host, place.port)
    greeting = probe.greet()
    try:
        sent = certificates_of(greeting.chain)
        chain = chain_from(sent[0], sent)
        facts = [facts_of(one) for one in chain]
    except (ValueError, IndexError):
        raise ProbeError(f"{place} sends a certificate that cannot be read.") from None
    now = datetime.now(UTC)
    findings = [
        *certificate_findings(facts, hosts or [place.host], now, is_in_order=chain == sent),
        *_of_trust(probe, authorities, ours),
        *_of_versions(probe, greeting),
        *_of_suites(probe),
    ]
    spoken = ", ".join(part for part in (greeting.protocol, greeting.suite, greeting.alpn) if part)
    lines = [("at", greeting.address), *lines_about(facts[0], now), ("speaks", spoken)]
    return Report(title=str(place), lines=lines, findings=findings)


def _of_trust(probe: Probe, authorities: Sequence[Path], ours: Sequence[Path]) -> Iterator[Finding]:
    refusal = probe.refusal(authorities)
    if not refusal or any(word in refusal for word in _SAID_ALREADY):
        return
    if ours and not probe.refusal([*authorities, *ours]):
        yield note("It is a development certificate: nobody accepts it who was not told to (tcli cert trust).")
        return
    fix = "Send the whole chain, of an authority that clients know; one of your own is named by --ca-file FILE"
    yield problem(f"This machine does not trust it: {refusal}.", fix)


def _of_versions(probe: Probe, greeting: Greeting) -> Iterator[Finding]:
    for name, version in _OLD_VERSIONS.items():
        if probe.accepted_suite(version):
            yield problem(f"It accepts {name}, which can be broken.", _STRONGER)
    if greeting.protocol != _NEWEST:
        yield warning(f"It does not speak TLS 1.3, only {greeting.protocol}.", _STRONGER)


def _of_suites(probe: Probe) -> Iterator[Finding]:
    for what, suites in _WEAK_SUITES.items():
        suite = probe.accepted_suite(ssl.TLSVersion.TLSv1_2, suites)
        if suite:
            yield problem(f"It accepts {suite}, which {what}.", _STRONGER)
