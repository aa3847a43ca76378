"""Certificates and keys are judged before anything forks, and reach a worker in memory."""

import os
import pty
import ssl
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat
from support.certificates import NOW, Made, certificate, key_pem
from support.handshakes import client_context, handshake

from tornado_cli.errors import ExitCode
from tornado_cli.system.tls import Credentials, TlsError, TlsFiles, read_credentials, server_context


@pytest.fixture(scope="module")
def site() -> Made:
    return certificate("example.com", "127.0.0.1")


def read(certfile: Path, keyfile: Path | None = None, password_file: Path | None = None) -> Credentials:
    return read_credentials(TlsFiles(certfile, keyfile, password_file), now=NOW)


def refusal(certfile: Path, keyfile: Path | None = None, password_file: Path | None = None) -> TlsError:
    with pytest.raises(TlsError) as caught:
        read(certfile, keyfile, password_file)
    return caught.value


def test_a_good_pair_is_read_without_a_warning(site: Made, tmp_path: Path) -> None:
    credentials = read(*site.write_to(tmp_path))
    assert credentials.names == ("example.com", "127.0.0.1")
    assert credentials.serial == site.certificate.serial_number
    assert credentials.not_after == NOW + timedelta(days=60)
    assert credentials.warnings == ()


@pytest.mark.parametrize("order", ["key first", "certificate first"])
def test_one_file_may_hold_certificate_and_key(site: Made, tmp_path: Path, order: str) -> None:
    parts = [site.key_pem, site.certificate_pem]
    both = tmp_path / "both.pem"
    both.write_bytes(b"".join(parts if order == "key first" else reversed(parts)))
    both.chmod(0o600)
    assert read(both).serial == site.certificate.serial_number


def test_text_around_the_blocks_and_windows_line_ends_do_not_matter(site: Made, tmp_path: Path) -> None:
    certfile, keyfile = site.write_to(tmp_path)
    certfile.write_bytes(b"subject=CN=site\r\n" + site.certificate_pem.replace(b"\n", b"\r\n"))
    assert read(certfile, keyfile).names == ("example.com", "127.0.0.1")


def test_a_key_made_by_openssl_ecparam_is_found_after_its_parameters(site: Made, tmp_path: Path) -> None:
    certfile, keyfile = site.write_to(tmp_path)
    parameters = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    keyfile.write_bytes(parameters + key_pem(site.key, form=PrivateFormat.TraditionalOpenSSL))
    assert read(certfile, keyfile).serial == site.certificate.serial_number


def test_neither_key_nor_certificate_is_shown_by_repr(site: Made, tmp_path: Path) -> None:
    assert "BEGIN" not in repr(read(*site.write_to(tmp_path)))


# ---- mistakes: each its own message ----


def absent(path: Path) -> None:
    path.unlink()


def directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def empty(path: Path) -> None:
    path.write_bytes(b" \n")


def fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def noise(path: Path) -> None:
    path.write_bytes(b"hello\n")


def huge(path: Path) -> None:
    path.write_bytes(b"x" * (1024 * 1024 + 1))


def truncated(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], lines[1], lines[-1]]))


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def link_to_itself(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (absent, "there is no file"),
        (directory, "is a directory"),
        (empty, "is empty"),
        (fifo, "is not a regular file"),
        (noise, "is not PEM"),
        (huge, "is larger than"),
        (cut_off, "is not PEM"),
        (truncated, "is damaged"),
        (link_to_itself, "cannot be read"),
    ],
)
@pytest.mark.parametrize("option", ["--certfile", "--keyfile"])
def test_a_file_that_cannot_be_used_is_named_with_the_reason(
    site: Made, tmp_path: Path, spoil: Callable[[Path], None], reason: str, option: str
) -> None:
    certfile, keyfile = site.write_to(tmp_path)
    spoiled = certfile if option == "--certfile" else keyfile
    spoil(spoiled)
    error = refusal(certfile, keyfile)
    assert reason in str(error)
    assert str(spoiled) in str(error)
    assert error.hint
    assert error.exit_code == ExitCode.USAGE


def test_a_file_that_this_user_may_not_read_is_named(site: Made, tmp_path: Path) -> None:
    _, keyfile = site.write_to(tmp_path)
    keyfile.chmod(0)
    program = (
        "import os, sys, pathlib; from tornado_cli.system.tls.pem import TlsError, read_pem\n"
        "if os.geteuid() == 0: os.seteuid(65534)\n"
        "try: read_pem(pathlib.Path(sys.argv[1]), '--keyfile')\n"
        "except TlsError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, keyfile], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == f"--keyfile: {keyfile} cannot be read (Permission denied).\n"


def test_files_given_the_wrong_way_round_are_told(site: Made, tmp_path: Path) -> None:
    certfile, keyfile = site.write_to(tmp_path)
    error = refusal(keyfile, certfile)
    assert "holds no certificate (found: PRIVATE KEY)" in str(error)
    assert "wrong way round" in error.hint


def test_a_certificate_alone_asks_for_its_key(site: Made, tmp_path: Path) -> None:
    certfile, _ = site.write_to(tmp_path)
    error = refusal(certfile)
    assert "there is no private key" in str(error)
    assert "--keyfile" in error.hint


def test_a_certificate_in_a_folder_asks_for_its_key_beside_it(site: Made, tmp_path: Path) -> None:
    certfile, _ = site.write_to(tmp_path)
    with pytest.raises(TlsError) as caught:
        read_credentials(TlsFiles(certfile, option="--cert-dir"), now=NOW)
    assert str(caught.value).startswith("--cert-dir: there is no private key")
    assert "site.key" in caught.value.hint


def test_a_key_of_another_certificate_is_refused(site: Made, tmp_path: Path) -> None:
    certfile, keyfile = site.write_to(tmp_path)
    keyfile.write_bytes(key_pem(ec.generate_private_key(ec.SECP256R1())))
    error = refusal(certfile, keyfile)
    assert "does not belong to the certificate" in str(error)
    assert "example.com" in error.hint


@pytest.mark.parametrize(
    ("name", "command"), [("site.der", "openssl x509 -inform DER -in"), ("site.p12", "openssl pkcs12")]
)
def test_binary_certificates_come_with_the_command_that_converts_them(
    site: Made, tmp_path: Path, name: str, command: str
) -> None:
    certfile = tmp_path / name
    certfile.write_bytes(site.certificate.public_bytes(Encoding.DER))
    assert command in refusal(certfile).hint


def test_a_weak_rsa_key_is_refused_with_its_size(tmp_path: Path) -> None:
    weak = certificate("example.com", key=rsa.generate_private_key(65537, 1024))
    assert "1024 bits" in str(refusal(*weak.write_to(tmp_path)))


def test_what_openssl_alone_knows_to_be_weak_is_refused_too(tmp_path: Path) -> None:
    weak = certificate("example.com", key=ec.generate_private_key(ec.SECP192R1()))
    assert "OpenSSL refuses" in str(refusal(*weak.write_to(tmp_path)))


# ---- encrypted keys ----


@pytest.fixture(params=[PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL], ids=["PKCS 8", "traditional"])
def encrypted(site: Made, tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Path, Path]:
    certfile, keyfile = site.write_to(tmp_path)
    keyfile.write_bytes(key_pem(site.key, b"open sesame", request.param))
    return certfile, keyfile


@pytest.mark.parametrize("written", [b"open sesame", b"open sesame\n", b"open sesame\r\n"])
def test_an_encrypted_key_is_opened_with_the_password_of_a_file(
    encrypted: tuple[Path, Path], site: Made, tmp_path: Path, written: bytes
) -> None:
    password_file = tmp_path / "password"
    password_file.write_bytes(written)
    assert read(*encrypted, password_file).key_pem == site.key_pem


def test_a_wrong_password_is_told_from_a_missing_one(encrypted: tuple[Path, Path], tmp_path: Path) -> None:
    password_file = tmp_path / "password"
    password_file.write_bytes(b"open barley")
    assert "does not open" in str(refusal(*encrypted, password_file))
    missing = refusal(*encrypted)
    assert "is encrypted and there is no password" in str(missing)
    assert "--keyfile-password-file" in missing.hint


def test_a_password_file_that_is_missing_is_named(encrypted: tuple[Path, Path], tmp_path: Path) -> None:
    assert "--keyfile-password-file: there is no file" in str(refusal(*encrypted, tmp_path / "password"))


def test_a_password_file_that_is_missing_is_named_where_the_key_needs_none(site: Made, tmp_path: Path) -> None:
    missing = refusal(*site.write_to(tmp_path), tmp_path / "password")
    assert "--keyfile-password-file: there is no file" in str(missing)


def test_nobody_is_asked_for_a_password_even_at_a_terminal(encrypted: tuple[Path, Path]) -> None:
    program = (
        "import sys, pathlib; from tornado_cli.system.tls import *\n"
        "try: read_credentials(TlsFiles(*map(pathlib.Path, sys.argv[1:])))\n"
        "except TlsError: sys.exit(7)"
    )
    controller, terminal = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-c", program, *encrypted],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
            timeout=30,
            check=False,
        )
        os.set_blocking(controller, False)
        with pytest.raises(BlockingIOError):
            os.read(controller, 1000)
    finally:
        os.close(controller)
        os.close(terminal)
    assert done.returncode == 7


# ---- findings that do not stop ----


@pytest.mark.parametrize(
    ("begins", "ends", "warning"),
    [
        (-30, -1, "EXPIRED on 2030-05-31 12:00 UTC"),
        (-30, 0, "EXPIRED"),
        (1, 30, "NOT YET VALID"),
        (-30, 14, "expires in 14 days"),
        (-30, 1, "expires in 1 day "),
        (-30, 0.5, "expires today"),
    ],
)
def test_a_period_of_validity_that_clients_will_mind_is_a_warning(
    tmp_path: Path, begins: float, ends: float, warning: str
) -> None:
    made = certificate("example.com", not_before=NOW + timedelta(days=begins), not_after=NOW + timedelta(days=ends))
    (found,) = read(*made.write_to(tmp_path)).warnings
    assert warning in found
    assert "example.com" in found


@pytest.mark.parametrize(("mode", "readers"), [(0o640, "its group"), (0o604, "everyone"), (0o644, "everyone")])
def test_a_key_that_others_can_read_is_a_warning(site: Made, tmp_path: Path, mode: int, readers: str) -> None:
    certfile, keyfile = site.write_to(tmp_path)
    keyfile.chmod(mode)
    (warning,) = read(certfile, keyfile).warnings
    assert f"can be read by {readers}: chmod 600 {keyfile}" in warning


def test_a_certificate_without_a_name_is_a_warning(tmp_path: Path) -> None:
    (warning,) = read(*certificate().write_to(tmp_path)).warnings
    assert "names no host" in warning


def test_a_leaf_of_a_public_authority_without_its_intermediate_is_a_warning(tmp_path: Path) -> None:
    authority = certificate(common_name="authority", is_authority=True)
    leaf = certificate("example.com", issuer=authority, issuer_address="http://authority.example/issuer.der")
    (warning,) = read(*leaf.write_to(tmp_path)).warnings
    assert "no intermediate certificate" in warning


def test_a_leaf_of_a_private_authority_needs_no_intermediate(tmp_path: Path) -> None:
    authority = certificate(common_name="authority", is_authority=True)
    assert read(*certificate("example.com", issuer=authority).write_to(tmp_path)).warnings == ()


def test_certificates_in_the_wrong_order_are_served_in_the_right_one_with_a_warning(tmp_path: Path) -> None:
    root = certificate(common_name="root", is_authority=True)
    middle = certificate(common_name="middle", is_authority=True, issuer=root)
    leaf = certificate("example.com", issuer=middle)
    certfile, keyfile = leaf.write_to(tmp_path)
    certfile.write_bytes(root.certificate_pem + middle.certificate_pem + leaf.certificate_pem)
    credentials = read(certfile, keyfile)
    assert credentials.chain_pem == leaf.certificate_pem + middle.certificate_pem + root.certificate_pem
    (warning,) = credentials.warnings
    assert "wrong order" in warning


def test_two_issuers_of_one_name_are_left_in_the_order_they_were_given(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    old, new = (certificate(common_name=name, is_authority=True) for name in ("old", "new"))
    crossed = [certificate(common_name="middle", is_authority=True, key=key, issuer=root) for root in (old, new)]
    leaf = certificate("example.com", issuer=crossed[0])
    certfile, keyfile = leaf.write_to(tmp_path)
    certfile.write_bytes(b"".join(made.certificate_pem for made in (leaf, *crossed, old)))
    assert read(certfile, keyfile).warnings == ()


def test_an_expired_issuer_is_a_warning(tmp_path: Path) -> None:
    root = certificate(common_name="root", is_authority=True)
    middle = certificate(common_name="middle", is_authority=True, issuer=root, not_after=NOW - timedelta(days=1))
    leaf = certificate("example.com", issuer=middle)
    certfile, keyfile = leaf.write_to(tmp_path)
    certfile.write_bytes(leaf.certificate_pem + middle.certificate_pem)
    (warning,) = read(certfile, keyfile).warnings
    assert "issuer's certificate for CN=middle" in warning
    assert "EXPIRED" in warning


# ---- the context of a serving process ----


@pytest.fixture
def context(site: Made, tmp_path: Path) -> ssl.SSLContext:
    descriptor = read(*site.write_to(tmp_path)).open_descriptor()
    try:
        return server_context(descriptor)
    finally:
        os.close(descriptor)


def test_a_client_gets_the_certificate_tls_1_3_and_http_1_1(context: ssl.SSLContext, site: Made) -> None:
    client = client_context()
    client.set_alpn_protocols(["h2", "http/1.1"])
    client_side = handshake(context, client)
    assert client_side.getpeercert(binary_form=True) == site.certificate.public_bytes(Encoding.DER)
    assert client_side.version() == "TLSv1.3"
    assert client_side.selected_alpn_protocol() == "http/1.1"


def test_a_client_of_tls_1_2_is_served(context: ssl.SSLContext) -> None:
    client = client_context()
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    assert handshake(context, client).version() == "TLSv1.2"


def test_only_the_intermediate_suites_of_mozilla_are_offered(context: ssl.SSLContext) -> None:
    offered = {cipher["name"] for cipher in context.get_ciphers() if cipher["protocol"] == "TLSv1.2"}
    assert offered == {
        f"ECDHE-{signature}-{cipher}"
        for signature in ("ECDSA", "RSA")
        for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")
    }


def test_a_client_of_tls_1_1_is_refused(context: ssl.SSLContext) -> None:
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ("CHACHA20-POLY1305 AES128-GCM-SHA256", "CHACHA20-POLY1305"),
        ("AES256-GCM-SHA384 CHACHA20-POLY1305 AES128-GCM-SHA256", "AES128-GCM-SHA256"),
        ("AES256-GCM-SHA384", "AES256-GCM-SHA384"),
    ],
)
def test_the_server_chooses_the_suite_but_chacha20_where_the_client_likes_it_best(
    context: ssl.SSLContext, offered: str, chosen: str
) -> None:
    client = client_context()
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    client.set_ciphers(":".join(f"ECDHE-ECDSA-{one}" for one in offered.split()))
    cipher = handshake(context, client).cipher()
    assert cipher is not None
    assert cipher[0] == f"ECDHE-ECDSA-{chosen}"


def test_connections_cannot_be_renegotiated(context: ssl.SSLContext) -> None:
    assert context.options & ssl.OP_NO_RENEGOTIATION


def test_the_descriptor_serves_a_process_that_may_not_read_the_files(site: Made, tmp_path: Path) -> None:
    credentials = read(*site.write_to(tmp_path))
    for path in tmp_path.iterdir():
        path.unlink()
    program = (
        "import os, sys\n"
        "from tornado_cli.system.tls import server_context\n"
        "if os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "server_context(int(sys.argv[1])); server_context(int(sys.argv[1])); print('twice')\n"
        "print('cryptography' in sys.modules)"
    )
    descriptor = credentials.open_descriptor()
    try:
        done = subprocess.run(
            [sys.executable, "-c", program, str(descriptor)],
            pass_fds=[descriptor],
            stdout=subprocess.PIPE,
            text=True,
            timeout=30,
            check=True,
        )
    finally:
        os.close(descriptor)
    assert done.stdout.split() == ["twice", "False"]


def test_the_descriptor_is_not_inherited_by_accident_and_cannot_be_changed(site: Made, tmp_path: Path) -> None:
    descriptor = read(*site.write_to(tmp_path)).open_descriptor()
    try:
        assert not os.get_inheritable(descriptor)
        if hasattr(os, "memfd_create"):
            with pytest.raises(PermissionError):
                os.write(descriptor, b"more")
    finally:
        os.close(descriptor)


def test_a_system_without_memfd_uses_an_unlinked_file(
    site: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = read(*site.write_to(tmp_path))
    monkeypatch.setattr("sys.platform", "other")
    monkeypatch.setattr("os.access", lambda _path, _mode: False)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    descriptor = credentials.open_descriptor()
    try:
        assert os.fstat(descriptor).st_mode & 0o777 == 0o600
        handshake(server_context(descriptor), client_context())
    finally:
        os.close(descriptor)
    assert list(scratch.iterdir()) == []
