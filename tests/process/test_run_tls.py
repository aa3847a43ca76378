"""`tcli run` over TLS: with a certificate of one's own, with one made for development, and with wrong ones."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate
from support.certificates import Made, certificate, key_pem
from support.connection import Connection
from support.project import app_that_says, write
from support.server_process import ServerProcess

NOW = datetime.now(UTC)
PASSWORD = b"open sesame"


@pytest.fixture(scope="module")
def site() -> Made:
    return certificate("localhost", not_before=NOW - timedelta(days=1), not_after=NOW + timedelta(days=90))


@pytest.fixture
def project(tmp_path: Path, site: Made) -> Path:
    site.write_to(write(tmp_path, {"main.py": app_that_says("one")}))
    (tmp_path / "both.pem").write_bytes(site.certificate_pem + site.key_pem)
    (tmp_path / "locked.key").write_bytes(key_pem(site.key, PASSWORD))
    (tmp_path / "password").write_bytes(PASSWORD + b"\n")
    (tmp_path / "other.key").write_bytes(key_pem(ec.generate_private_key(ec.SECP256R1())))
    (tmp_path / "text.pem").write_text("no certificate\n")
    for file in tmp_path.glob("*.key"):
        file.chmod(0o600)
    return tmp_path


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(("--certfile", "both.pem"), marks=pytest.mark.thorough),
        pytest.param(("--certfile", "site.pem", "--keyfile", "site.key"), marks=pytest.mark.thorough),
        ("--certfile", "site.pem", "--keyfile", "locked.key", "--keyfile-password-file", "password"),
        ("--ssl", "--certfile", "both.pem"),
    ],
    ids=" ".join,
)
def test_a_certificate_turns_tls_on(project: Path, site: Made, options: tuple[str, ...]) -> None:
    with ServerProcess("run", "--workers", "2", *options, cwd=project) as server:
        server.wait_for("ready")
        assert server.url.startswith("https://")
        with server.connect() as client:
            assert client.get().text == "one"
            assert client.certificate == site.certificate.public_bytes(Encoding.DER)
        assert server.stop() == 0


WRONG: dict[str, tuple[tuple[str, ...], str]] = {
    "no such certificate": (("--certfile", "nowhere.pem"), "nowhere.pem"),
    "no such key": (("--certfile", "site.pem", "--keyfile", "nowhere.key"), "nowhere.key"),
    "a key without a certificate": (("--keyfile", "site.key"), "--certfile"),
    "no key in the certificate": (("--certfile", "site.pem"), "key"),
    "another key": (("--certfile", "site.pem", "--keyfile", "other.key"), "other.key"),
    "no certificate in the file": (("--certfile", "text.pem"), "text.pem"),
    "an encrypted key without its password": (("--certfile", "site.pem", "--keyfile", "locked.key"), "password"),
    "a wrong password": (
        ("--certfile", "site.pem", "--keyfile", "locked.key", "--keyfile-password-file", "text.pem"),
        "password",
    ),
    "no such password file": (
        ("--certfile", "site.pem", "--keyfile", "locked.key", "--keyfile-password-file", "nowhere"),
        "nowhere",
    ),
    "a development certificate for everybody": (("--ssl", "--host", "0.0.0.0"), "0.0.0.0"),
}


# What is wrong with a file is found by tests/unit/test_tls.py.
BY_ITS_FILES = (
    "no such key",
    "no key in the certificate",
    "no certificate in the file",
    "a wrong password",
    "no such password file",
)
EACH_WRONG = [pytest.param(why, marks=[pytest.mark.thorough] if why in BY_ITS_FILES else []) for why in WRONG]


@pytest.mark.parametrize("why", EACH_WRONG)
def test_what_is_wrong_is_said_before_anything_forks(project: Path, why: str) -> None:
    options, word = WRONG[why]
    with ServerProcess("run", *options, cwd=project) as server:
        assert server.wait_for_exit() == 2
        assert word in server.stderr
        assert "Hint:" in server.stderr
        assert not server.events


def test_an_expired_certificate_is_served_with_a_warning(project: Path) -> None:
    old = certificate("localhost", not_before=NOW - timedelta(days=9), not_after=NOW - timedelta(days=1))
    old.write_to(project)
    with ServerProcess("run", "--certfile", "site.pem", "--keyfile", "site.key", cwd=project) as server:
        server.wait_for("ready")
        assert "EXPIRED" in str(server.wait_for("certificate", level="warning")["message"])
        assert server.get().text == "one"


def test_ssl_on_loopback_makes_a_certificate_and_says_so(project: Path) -> None:
    def serve(then: Callable[[ServerProcess], bytes]) -> bytes:
        with ServerProcess("run", "--ssl", cwd=project) as server:
            server.wait_for("ready")
            assert "DEVELOPMENT CERTIFICATE" in str(server.wait_for("certificate", level="warning")["message"])
            return then(server)

    def ask(server: ServerProcess) -> bytes:
        with server.connect() as client:
            assert client.get().text == "one"
            return client.certificate

    first = serve(ask)
    assert "127.0.0.1" in str(load_der_x509_certificate(first).extensions)
    assert serve(ask) == first, "it is kept"
    keys = [file for file in (project / ".data").rglob("*") if file.is_file() and b"PRIVATE KEY" in file.read_bytes()]
    assert keys
    assert {file.stat().st_mode & 0o077 for file in keys} == {0}


def test_plain_http_on_a_tls_port_harms_nobody(project: Path) -> None:
    with ServerProcess("run", "--certfile", "both.pem", cwd=project) as server:
        server.wait_for("ready")
        with Connection(server.port) as plain:
            plain.ask()
            plain.wait_for_end()
        assert server.get().text == "one"
        assert server.stop() == 0
