"""The development certificate: good for this machine, of no use for any other name, and kept safe."""

import os
import ssl
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from support.handshakes import client_context, handshake

from tornado_cli.errors import UsageError
from tornado_cli.system.certificates import (
    DevelopmentCertificate,
    DevelopmentCertificateError,
    certificate_folder,
    development_certificate,
)
from tornado_cli.system.certificates.development import vouches_for
from tornado_cli.system.certificates.issue import Pair, new_leaf, read_pair
from tornado_cli.system.tls import TlsFiles, read_credentials, server_context

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def environ(tmp_path: Path) -> Mapping[str, str]:
    return {"HOME": str(tmp_path)}


def make(environ: Mapping[str, str], host: str = "localhost", days: float = 0) -> DevelopmentCertificate:
    return development_certificate(host, now=NOW + timedelta(days=days), environ=environ)


def serving(files: TlsFiles) -> ssl.SSLContext:
    descriptor = read_credentials(files).open_descriptor()
    try:
        return server_context(descriptor)
    finally:
        os.close(descriptor)


def pair_in(path: Path) -> Pair:
    pair = read_pair(path.read_bytes())
    assert pair is not None
    return pair


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_a_client_that_trusts_the_authority_accepts_every_name_of_this_machine(
    environ: Mapping[str, str], host: str
) -> None:
    made = make(environ)
    handshake(serving(made.files), client_context(str(made.authority)), host)


@pytest.mark.parametrize("host", ["app.localhost", "127.9.9.9", "App.Localhost."])
def test_a_loopback_host_that_is_asked_for_is_named_besides(environ: Mapping[str, str], host: str) -> None:
    made = make(environ, host)
    context = serving(made.files)
    handshake(context, client_context(str(made.authority)), host.lower().rstrip("."))
    handshake(context, client_context(str(made.authority)), "localhost")


@pytest.mark.parametrize("host", ["example.com", "localhost.example.com", "10.0.0.1"])
def test_nothing_else_can_be_signed_with_the_key_of_the_authority(environ: Mapping[str, str], host: str) -> None:
    made = make(environ)
    forged = made.authority.with_name("forged.pem")
    forged.write_bytes(new_leaf(pair_in(made.authority.with_name("authority-key.pem")), [host], NOW).pem())
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        handshake(serving(TlsFiles(forged)), client_context(str(made.authority)), host)


def for_network(environ: Mapping[str, str], *addresses: str) -> DevelopmentCertificate:
    return development_certificate("localhost", network=addresses, now=NOW, environ=environ)


def test_for_addresses_of_private_networks_there_is_an_authority_of_its_own(environ: Mapping[str, str]) -> None:
    usual, made = make(environ), for_network(environ, "10.1.2.3", "fd00::7")
    assert made.authority != usual.authority
    for host in ("10.1.2.3", "fd00::7", "localhost", "127.0.0.1"):
        handshake(serving(made.files), client_context(str(made.authority)), host)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(serving(made.files), client_context(str(usual.authority)), "localhost")


def test_another_address_needs_no_new_trust(environ: Mapping[str, str]) -> None:
    before, after = for_network(environ, "10.1.2.3"), for_network(environ, "192.168.1.2")
    handshake(serving(after.files), client_context(str(before.authority)), "192.168.1.2")
    assert for_network(environ, "192.168.1.2").created is False


@pytest.mark.parametrize("address", ["192.0.2.7", "8.8.8.8", "2001:db8::1", "example.com"])
def test_no_authority_of_ours_vouches_for_an_address_on_the_internet(environ: Mapping[str, str], address: str) -> None:
    assert not vouches_for(address)
    made = for_network(environ, "10.1.2.3")
    forged = made.authority.with_name("forged.pem")
    forged.write_bytes(new_leaf(pair_in(made.authority.with_name("network-authority-key.pem")), [address], NOW).pem())
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        handshake(serving(TlsFiles(forged)), client_context(str(made.authority)), address)


def test_the_certificate_has_no_finding_against_it(environ: Mapping[str, str]) -> None:
    credentials = read_credentials(make(environ).files)
    assert credentials.warnings == ()
    assert credentials.names == ("localhost", "*.localhost", "127.0.0.1", "::1")


def test_certificates_live_no_longer_than_they_must(environ: Mapping[str, str]) -> None:
    made = make(environ)
    leaf, authority = pair_in(made.files.certfile), pair_in(made.authority.with_name("authority-key.pem"))
    for pair, longest in ((leaf, timedelta(days=90)), (authority, timedelta(days=730))):
        assert pair.certificate.not_valid_after_utc - pair.certificate.not_valid_before_utc <= longest


def test_the_constraints_cannot_be_overlooked(environ: Mapping[str, str]) -> None:
    authority = x509.load_pem_x509_certificate(make(environ).authority.read_bytes())
    assert authority.extensions.get_extension_for_class(x509.NameConstraints).critical
    basic = authority.extensions.get_extension_for_class(x509.BasicConstraints)
    assert basic.critical
    assert basic.value.path_length == 0


def test_what_others_may_copy_holds_no_key_and_what_holds_one_is_private(environ: Mapping[str, str]) -> None:
    made = make(environ)
    folder = made.authority.parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    holders = {path for path in folder.iterdir() if b"PRIVATE KEY" in path.read_bytes()}
    assert holders == {made.files.certfile, folder / "authority-key.pem"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in holders} == {0o600}
    assert set(folder.iterdir()) == {*holders, made.authority}


@pytest.mark.parametrize(
    ("days", "authority_kept", "leaf_kept"), [(0, True, True), (75, True, True), (77, True, False)]
)
def test_a_leaf_is_renewed_two_weeks_before_it_expires(
    environ: Mapping[str, str], days: float, authority_kept: bool, leaf_kept: bool
) -> None:
    first = make(environ)
    before = first.files.certfile.read_bytes(), first.authority.read_bytes()
    again = make(environ, days=days)
    assert first.created
    assert again.created is not leaf_kept
    assert (again.files.certfile.read_bytes() == before[0]) is leaf_kept
    assert (again.authority.read_bytes() == before[1]) is authority_kept


def test_an_authority_that_expires_is_made_anew_with_its_leaf(environ: Mapping[str, str]) -> None:
    old = make(environ).authority.read_bytes()
    made = make(environ, days=720)
    assert made.created
    assert made.authority.read_bytes() != old
    assert pair_in(made.authority.with_name("authority-key.pem")).signed(pair_in(made.files.certfile))


def test_a_leaf_does_not_outlive_its_authority(environ: Mapping[str, str]) -> None:
    made = make(environ)
    make(environ, days=700)
    authority, leaf = pair_in(made.authority.with_name("authority-key.pem")), pair_in(made.files.certfile)
    assert leaf.certificate.not_valid_after_utc <= authority.certificate.not_valid_after_utc


@pytest.mark.parametrize("name", ["localhost.pem", "authority-key.pem"])
@pytest.mark.parametrize("content", [b"", b"noise", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_damaged_file_is_made_anew(environ: Mapping[str, str], name: str, content: bytes) -> None:
    folder = make(environ).authority.parent
    (folder / name).write_bytes(content)
    made = make(environ)
    assert made.created
    handshake(serving(made.files), client_context(str(made.authority)))


def test_a_leaf_of_an_authority_that_is_gone_is_made_anew(environ: Mapping[str, str]) -> None:
    make(environ, "app.localhost")
    (make(environ).authority.parent / "authority-key.pem").unlink()
    make(environ)
    made = make(environ, "app.localhost")
    assert made.created
    handshake(serving(made.files), client_context(str(made.authority)), "app.localhost")


def test_the_public_copy_of_the_authority_comes_back(environ: Mapping[str, str]) -> None:
    made = make(environ)
    content = made.authority.read_bytes()
    made.authority.unlink()
    assert not make(environ).created
    assert made.authority.read_bytes() == content


def test_processes_that_start_at_once_agree_on_one_authority_and_one_leaf(environ: Mapping[str, str]) -> None:
    program = (
        "import sys; from tornado_cli.system.certificates import development_certificate\n"
        "print('up', flush=True); sys.stdin.readline()\n"
        "made = development_certificate('localhost')\n"
        "print(made.created, hash(made.files.certfile.read_bytes()), hash(made.authority.read_bytes()))"
    )
    command, variables = [sys.executable, "-c", program], {**environ, "PYTHONHASHSEED": "0"}
    processes = [
        subprocess.Popen(command, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=30)[0].split() for process in processes]
    assert sorted(created for created, *_ in answers) == ["False", "False", "False", "True"]
    assert len({tuple(hashes) for _, *hashes in answers}) == 1


# ---- what is refused ----


def loose_folder(folder: Path) -> None:
    folder.chmod(0o755)


def loose_key(folder: Path) -> None:
    (folder / "authority-key.pem").chmod(0o640)


def loose_leaf(folder: Path) -> None:
    (folder / "localhost.pem").chmod(0o604)


@pytest.mark.parametrize("loosen", [loose_folder, loose_key, loose_leaf])
def test_keys_that_others_may_have_read_are_not_used(
    environ: Mapping[str, str], loosen: Callable[[Path], None]
) -> None:
    loosen(make(environ).authority.parent)
    with pytest.raises(DevelopmentCertificateError, match="is open to other users") as caught:
        make(environ)
    assert "chmod" in caught.value.hint


# Only root can give files away.
@pytest.mark.outside("root")
@pytest.mark.parametrize("path", [".", "authority-key.pem", "localhost.pem"])
def test_what_belongs_to_another_user_is_not_used(environ: Mapping[str, str], path: str) -> None:
    os.chown(make(environ).authority.parent / path, 65534, 65534)
    with pytest.raises(DevelopmentCertificateError, match="belongs to another user"):
        make(environ)


@pytest.mark.outside("root")
def test_root_leaves_no_files_in_the_home_of_another_user(environ: Mapping[str, str], tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)
    with pytest.raises(DevelopmentCertificateError, match="belongs to another user than root"):
        make(environ)
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_place_of_the_folder_is_not_followed(environ: Mapping[str, str], tmp_path: Path) -> None:
    folder = make(environ).authority.parent
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DevelopmentCertificateError, match="cannot be kept"):
        make(environ)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DevelopmentCertificateError, match=r"cannot be kept in .*file/tcli/certificates") as caught:
        make({"XDG_DATA_HOME": str(tmp_path / "file")})
    assert "XDG_DATA_HOME" in caught.value.hint


@pytest.mark.parametrize("host", ["example.com", "0.0.0.0", "", "*", "192.0.2.1", "../up.localhost", "notlocalhost"])
def test_hosts_beyond_this_machine_get_no_development_certificate(environ: Mapping[str, str], host: str) -> None:
    with pytest.raises(UsageError, match="no development certificate") as caught:
        make(environ, host)
    assert "--certfile" in caught.value.hint


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"HOME": "/home/ada"}, "/home/ada/.local/share/tcli/certificates"),
        ({"HOME": "/home/ada", "XDG_DATA_HOME": "/data"}, "/data/tcli/certificates"),
        ({"XDG_DATA_HOME": "/data"}, "/data/tcli/certificates"),
        ({"HOME": "/home/ada", "XDG_DATA_HOME": "relative"}, "/home/ada/.local/share/tcli/certificates"),
        ({"HOME": "/home/ada", "XDG_DATA_HOME": ""}, "/home/ada/.local/share/tcli/certificates"),
    ],
)
def test_certificates_are_kept_where_the_xdg_specification_says(environ: Mapping[str, str], folder: str) -> None:
    assert certificate_folder(environ) == Path(folder)


@pytest.mark.parametrize("environ", [{}, {"HOME": ""}, {"HOME": "relative", "XDG_DATA_HOME": "relative"}])
def test_without_a_home_folder_the_error_says_what_to_set(environ: Mapping[str, str]) -> None:
    with pytest.raises(DevelopmentCertificateError, match="no home folder") as caught:
        certificate_folder(environ)
    assert "XDG_DATA_HOME" in caught.value.hint


def test_importing_the_module_does_not_import_cryptography() -> None:
    program = (
        "import sys, tornado_cli.system.certificates, tornado_cli.system.tls; print('cryptography' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "False\n"
