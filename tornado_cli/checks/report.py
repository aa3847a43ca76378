"""A check as people read it."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from tornado_cli.checks.findings import Finding, Severity
from tornado_cli.records import Record
from tornado_cli.system.tls.facts import CertificateFacts
from tornado_cli.terminal import visible

_INDENT = "  "


class Report(Record, kw_only=True):
    title: str
    lines: Sequence[tuple[str, str]]
    """What there is: a word, and what is said under it."""
    findings: Sequence[Finding]


def lines_about(leaf: CertificateFacts, now: datetime) -> list[tuple[str, str]]:
    """Say what a certificate is."""
    days = (leaf.ends - now).days
    left = f"{days} day{'' if days == 1 else 's'} left" if days >= 0 else "expired"
    signed = f", signed with {leaf.digest}" if leaf.digest else ""
    return [
        ("for", ", ".join(leaf.names) or "nobody"),
        ("from", leaf.issuer),
        ("valid", f"{leaf.begins:%Y-%m-%d} to {leaf.ends:%Y-%m-%d} ({left})"),
        ("key", f"{leaf.key}{signed}"),
    ]


def as_text(report: Report) -> str:
    """Show a report; what strangers have written into it is shown as text."""
    return "\n".join(visible(line) for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    yield report.title
    width = max(len(word) for word, _ in report.lines)
    for word, text in report.lines:
        yield f"{_INDENT}{word:{width}}  {text}"
    for severity in Severity:
        for finding in report.findings:
            if finding.severity is severity:
                yield f"{severity.value}: {finding.text}"
                if finding.fix:
                    yield f"{_INDENT}Fix: {finding.fix}"
    if all(finding.severity is Severity.NOTE for finding in report.findings):
        yield "Nothing is wrong with it."
