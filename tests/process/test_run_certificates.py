"""`tcli run` with several certificates, with certificates of clients, and with files that change while it serves."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.certificates import Made, certificate
from support.connection import Connection
from support.handshakes import client_context
from support.project import write
from support.server_process import ServerProcess
from support.tls_clients import served

NOW = datetime.now(UTC)
BEGAN, ENDS = NOW - timedelta(days=1), NOW + timedelta(days=90)
APP = """
import os
from tornado.web import Application, RequestHandler

class Main(RequestHandler):
    def get(self):
        shown = self.request.get_ssl_certificate()
        self.write({"worker": os.getpid(), "subject": shown and shown.get("subject"), "uid": os.getuid()})

def make_app():
    return Application([("/.*", Main)])
"""


def made(*names: str, issuer: Made | None = None, common_name: str = "site") -> Made:
    return certificate(*names, issuer=issuer, common_name=common_name, not_before=BEGAN, not_after=ENDS)


def put(folder: Path, name: str, pair: Made) -> None:
    """Write NAME.crt and NAME.key as people do who care: each file beside, then renamed; the key first."""
    folder.mkdir(exist_ok=True)
    for suffix, data in ((".key", pair.key_pem), (".crt", pair.certificate_pem)):
        beside = folder / f".{name}{suffix}"
        beside.touch(0o600)
        beside.write_bytes(data)
        beside.replace(folder / f"{name}{suffix}")


# ---- several certificates ----


@pytest.fixture(scope="module")
def sites() -> dict[str, Made]:
    names = {"default": "example.net", "shop": "shop.example.com", "wild": "*.example.com"}
    return {name: made(host, common_name=name) for name, host in names.items()}


@pytest.fixture(scope="module")
def several(sites: dict[str, Made], tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    project = write(tmp_path_factory.mktemp("several"), {"main.py": APP})
    for name, site in sites.items():
        put(project / "certificates", name, site)
    with ServerProcess("run", "--cert-dir", "certificates", cwd=project) as server:
        server.wait_for("ready")
        yield server


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("shop.example.com", "shop"),
        ("SHOP.example.com", "shop"),
        ("other.example.com", "wild"),
        ("a.b.example.com", "default"),
        ("example.net", "default"),
        ("unknown.test", "default"),
        (None, "default"),
    ],
)
def test_a_client_gets_the_certificate_for_the_name_that_it_asks_for(
    several: ServerProcess, sites: dict[str, Made], asked: str | None, name: str
) -> None:
    assert served(several.port, asked).serial_number == sites[name].certificate.serial_number


def test_every_certificate_of_a_folder_speaks_only_http_1_1_and_tls_1_2_with_the_default_suites(
    several: ServerProcess,
) -> None:
    for name in ("shop.example.com", "other.example.com", "example.net"):
        client = client_context()
        client.set_alpn_protocols(["h2", "http/1.1"])
        client.maximum_version = ssl.TLSVersion.TLSv1_2
        with Connection(several.port, tls=client, name=name) as connection:
            assert connection.get().status == 200
            assert connection.tls.selected_alpn_protocol() == "http/1.1"
        client.set_ciphers("AES128-GCM-SHA256")
        with pytest.raises(ssl.SSLError):
            Connection(several.port, tls=client, name=name)
