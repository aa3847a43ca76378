"""What pip-audit says is read for what it is worth."""

import json

import pytest
from support.audit import NotCheckedError, verdict

SOUND = {"name": "tornado", "version": "6.6.1", "vulns": []}
UNSOUND = {"name": "redis", "version": "1.0", "vulns": [{"id": "CVE-1", "fix_versions": ["2.0"]}]}
SKIPPED = {"name": "aiomysql", "skip_reason": "Dependency not found on PyPI and could not be audited: aiomysql (0.3.2)"}


def told(*dependencies: object) -> str:
    return json.dumps({"dependencies": dependencies, "fixes": []})


def test_what_was_checked_is_sound_or_has_faults_with_a_name() -> None:
    assert verdict(told(SOUND), "No known vulnerabilities found", 1) == []
    assert verdict(told(SOUND, UNSOUND), "Found 1 known vulnerability", 2) == ["redis 1.0: CVE-1"]


@pytest.mark.parametrize(
    ("stdout", "stderr"),
    [
        ("", "ERROR:pip_audit._cli:aio-pika: Dependency not found on PyPI and could not be audited: aio-pika (10.2.1)"),
        ("", "ERROR:pip_audit._cli:Connection error: Max retries exceeded"),
        (told(SOUND, SKIPPED), "No known vulnerabilities found"),
        (told(SOUND), "No known vulnerabilities found"),
    ],
)
def test_what_was_not_checked_is_no_success(stdout: str, stderr: str) -> None:
    with pytest.raises(NotCheckedError):
        verdict(stdout, stderr, 2)


def test_a_failure_of_its_own_is_one() -> None:
    with pytest.raises(AssertionError, match="no such option"):
        verdict("", "pip-audit: error: no such option", 1)
