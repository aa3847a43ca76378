"""On which terms TLS is spoken, in handshakes in memory."""

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from support.certificates import Made, certificate
from support.handshakes import client_context, handshake

from tornado_cli.system.tls import Authorities, TlsError, TlsTerms, read_authorities
from tornado_cli.system.tls.context import context_of
from tornado_cli.system.tls.terms import CIPHERS, new_context

_NO_CHECK_TIME = ssl.VerifyFlags(0x200000)
"""Of OpenSSL; Python has no name for it."""


@pytest.fixture(scope="module")
def site() -> Made:
    return certificate("localhost")


@pytest.fixture(scope="module")
def serve(site: Made) -> Callable[[TlsTerms], ssl.SSLContext]:
    return lambda terms: context_of(site.certificate_pem + site.key_pem, terms)


def test_the_oldest_version_can_be_raised(serve: Callable[[TlsTerms], ssl.SSLContext]) -> None:
    server, client = serve(TlsTerms(minimum="1.3")), client_context()
    assert handshake(server, client).version() == "TLSv1.3"
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        handshake(server, client)


def test_the_suites_can_be_chosen(serve: Callable[[TlsTerms], ssl.SSLContext]) -> None:
    server, client = serve(TlsTerms(ciphers="ECDHE-ECDSA-AES256-GCM-SHA384")), client_context()
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    cipher = handshake(server, client).cipher()
    assert cipher is not None
    assert cipher[0] == "ECDHE-ECDSA-AES256-GCM-SHA384"
    client.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
    with pytest.raises(ssl.SSLError):
        handshake(server, client)


def test_suites_that_do_not_exist_are_refused_with_what_to_ask() -> None:
    with pytest.raises(TlsError, match="--ciphers NOTHING") as caught:
        new_context(TlsTerms(ciphers="NOTHING"))
    assert "openssl ciphers" in caught.value.hint


def test_tls_1_3_gives_out_no_tickets_that_another_worker_could_not_read(
    serve: Callable[[TlsTerms], ssl.SSLContext],
) -> None:
    client_side = handshake(serve(TlsTerms()), client_context())
    with pytest.raises(ssl.SSLWantReadError):
        client_side.read()
    assert client_side.session is None or not client_side.session.has_ticket


def test_tls_1_2_sessions_are_not_remembered_by_the_server(serve: Callable[[TlsTerms], ssl.SSLContext]) -> None:
    server, client = serve(TlsTerms()), client_context()
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    for _ in range(3):
        session = handshake(server, client).session
        assert session is not None
        assert session.has_ticket
    assert server.session_stats()["number"] == 0


def test_a_ticket_of_another_worker_or_of_before_a_change_is_a_full_handshake(
    serve: Callable[[TlsTerms], ssl.SSLContext],
) -> None:
    first, second, client = serve(TlsTerms()), serve(TlsTerms()), client_context()
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    session = handshake(first, client).session
    assert handshake(first, client, session=session).session_reused
    assert not handshake(second, client, session=session).session_reused


def test_the_default_suites_are_the_intermediate_ones() -> None:
    assert TlsTerms().ciphers == CIPHERS
    assert CIPHERS.count(":") == 5


# ---- authorities ----


def authorities(tmp_path: Path, *made: Made) -> Authorities:
    file = tmp_path / "ca.pem"
    file.write_bytes(b"".join(one.certificate_pem for one in made))
    return read_authorities(file, now=made[0].certificate.not_valid_before_utc)


def test_an_authority_in_the_middle_of_a_chain_may_vouch_alone(site: Made, tmp_path: Path) -> None:
    root = certificate(common_name="root", is_authority=True)
    middle = certificate(common_name="middle", is_authority=True, issuer=root)
    terms = TlsTerms(client_certificates="required")
    pem = authorities(tmp_path, middle).pem.decode()
    server = context_of(site.certificate_pem + site.key_pem, terms, pem)
    # These certificates are of the year 2030.
    server.verify_flags |= _NO_CHECK_TIME
    client = client_context()
    client.load_cert_chain(*certificate(issuer=middle).write_to(tmp_path))
    handshake(server, client)


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "is empty"), (b"hello\n", "is not PEM"), (None, "there is no file")]
)
def test_a_file_without_authorities_is_refused(tmp_path: Path, content: bytes | None, reason: str) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(TlsError, match=reason) as caught:
        read_authorities(file)
    assert "--ca-file" in str(caught.value)


def test_what_is_no_authority_is_told(site: Made, tmp_path: Path) -> None:
    (warning,) = authorities(tmp_path, site).warnings
    assert "is no authority" in warning
