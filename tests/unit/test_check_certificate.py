"""What clients will mind about a certificate: each thing told, with what mends it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tornado_cli.checks.certificate import certificate_findings
from tornado_cli.checks.findings import Severity, code_of
from tornado_cli.checks.report import Report, as_text, lines_about
from tornado_cli.system.tls.facts import CertificateFacts

NOW = datetime(2030, 6, 1, tzinfo=UTC)
GOOD = CertificateFacts(
    subject="CN=site",
    issuer="CN=middle",
    names=("example.com", "*.example.com"),
    begins=NOW - timedelta(days=30),
    ends=NOW + timedelta(days=60),
    key="ECDSA P-256",
    is_key_weak=False,
    digest="SHA256",
    is_digest_weak=False,
    is_authority=False,
    is_for_servers=True,
    has_public_issuer=True,
)
MIDDLE = GOOD.but(subject="CN=middle", issuer="CN=root", names=(), is_authority=True)
ROOT = MIDDLE.but(subject="CN=root", issuer="CN=root")


def findings(*chain: CertificateFacts, hosts: tuple[str, ...] = (), is_in_order: bool = True) -> list[tuple[str, str]]:
    found = certificate_findings(chain, hosts, NOW, is_in_order=is_in_order)
    assert all(one.fix for one in found if one.severity is not Severity.NOTE)
    assert (code_of(found) == 0) is all(one.severity is Severity.NOTE for one in found)
    return [(one.severity.value, one.text) for one in found]


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    assert findings(GOOD, MIDDLE, hosts=("example.com", "shop.example.com")) == []


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "expired": ({"ends": NOW - timedelta(days=1)}, "Problem", "EXPIRED"),
    "not yet valid": ({"begins": NOW + timedelta(days=1)}, "Problem", "NOT YET VALID"),
    "ends soon": ({"ends": NOW + timedelta(days=9)}, "Warning", "expires in 9 days"),
    "no names": ({"names": ()}, "Problem", "names no host"),
    "another host": ({"names": ("other.example",)}, "Problem", "not for example.com, only for other.example"),
    "weak key": ({"is_key_weak": True, "key": "RSA 1024"}, "Problem", "too weak: RSA 1024"),
    "weak signature": ({"is_digest_weak": True, "digest": "SHA1"}, "Problem", "signed with SHA1"),
    "not for servers": ({"is_for_servers": False}, "Problem", "not for servers"),
    "an authority": ({"is_authority": True}, "Warning", "of an authority"),
    "valid for too long": ({"begins": NOW - timedelta(days=800)}, "Warning", "860 days"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_with_the_certificate_is_told(what: str) -> None:
    changes, severity, words = WRONG[what]
    [(told_severity, text)] = findings(GOOD.but(**changes), MIDDLE, hosts=("example.com",))
    assert told_severity == severity
    assert words in text


def test_what_mends_the_certificate_of_an_authority_is_another_purpose() -> None:
    [finding] = certificate_findings([GOOD.but(is_authority=True), MIDDLE], (), NOW, is_in_order=True)
    assert "CA:FALSE" in finding.fix


def test_what_is_wrong_with_an_issuer_is_told_too() -> None:
    [(_, text)] = findings(GOOD, MIDDLE.but(ends=NOW - timedelta(days=1)))
    assert "issuer's certificate CN=middle EXPIRED" in text


def test_a_chain_has_to_be_whole_ordered_and_of_one_piece() -> None:
    assert [text for _, text in findings(GOOD)] == [
        "The intermediate certificate is missing: many clients will not find it."
    ]
    assert findings(GOOD.but(has_public_issuer=False)) == []
    [(severity, text)] = findings(GOOD, MIDDLE, is_in_order=False)
    assert (severity, "wrong order" in text) == ("Warning", True)
    [(severity, text)] = findings(GOOD, MIDDLE, GOOD.but(subject="CN=else", issuer="CN=nobody"))
    assert (severity, text) == ("Warning", "CN=else has nothing to do with this chain.")


def test_a_root_that_is_sent_along_is_only_noted_and_its_own_signature_is_nobodys_matter() -> None:
    [(severity, text)] = findings(GOOD, MIDDLE, ROOT.but(is_digest_weak=True, digest="SHA1"))
    assert (severity, text.startswith("The root CN=root")) == ("Note", True)


def test_a_certificate_that_signed_itself_is_told() -> None:
    [(severity, text)] = findings(GOOD.but(issuer="CN=site"))
    assert (severity, "signed by itself" in text) == ("Warning", True)


def test_what_a_stranger_wrote_into_a_certificate_is_shown_as_text() -> None:
    leaf = GOOD.but(issuer="CN=\x1b[31mred\x1b]0;title\x07\r\nProblem: forged")
    text = as_text(Report(title="x", lines=lines_about(leaf, NOW), findings=[]))
    assert {one for one in text if not one.isprintable()} == {"\n"}
    assert text.endswith("\nNothing is wrong with it.")
