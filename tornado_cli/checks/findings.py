"""What a check has found."""

from collections.abc import Sequence
from enum import Enum

from tornado_cli.errors import ExitCode
from tornado_cli.records import Record


class Severity(Enum):
    """How bad it is; the value is what people read."""

    PROBLEM = "Problem"
    """Clients refuse it, or should."""
    WARNING = "Warning"
    """It works today, or for most."""
    NOTE = "Note"
    """Nothing is to be done."""


class Finding(Record):
    severity: Severity
    text: str
    fix: str = ""


def problem(text: str, fix: str) -> Finding:
    return Finding(Severity.PROBLEM, text, fix)


def warning(text: str, fix: str) -> Finding:
    return Finding(Severity.WARNING, text, fix)


def note(text: str) -> Finding:
    return Finding(Severity.NOTE, text)


def code_of(findings: Sequence[Finding]) -> ExitCode:
    """Return the exit code: 1 when something is to be done."""
    is_good = all(finding.severity is Severity.NOTE for finding in findings)
    return ExitCode.OK if is_good else ExitCode.FAILURE
