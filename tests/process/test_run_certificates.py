"""`tcli run` with several certificates, with certificates of clients, and with files that change while it serves."""

import os
import signal
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from support.certificates import Made, certificate
from support.connection import Connection
from support.handshakes import client_context
from support.load import SteadyClients
from support.project import Gate, write
from support.server_process import ServerProcess
from support.tls_clients import served, showing, wait_until, wait_until_all_serve

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


def authority(common_name: str, issuer: Made | None = None) -> Made:
    return certificate(common_name=common_name, issuer=issuer, is_authority=True, not_before=BEGAN, not_after=ENDS)


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


def test_every_certificate_of_a_folder_is_served_on_the_same_terms(several: ServerProcess) -> None:
    for name in ("shop.example.com", "other.example.com", "example.net"):
        client = client_context()
        client.set_alpn_protocols(["h2", "http/1.1"])
        client.maximum_version = ssl.TLSVersion.TLSv1_2
        with Connection(several.port, tls=client, name=name) as connection:
            assert connection.get().status == 200
            assert connection.tls.selected_alpn_protocol() == "http/1.1"


OFFERS = ("AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256", "DHE-RSA-AES256-GCM-SHA384", "old")


@pytest.mark.parametrize("offers", OFFERS)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_a_client_of_an_old_version_or_without_forward_secrecy_is_refused(several: ServerProcess, offers: str) -> None:
    for name in ("shop.example.com", "example.net"):
        client = client_context()
        if offers == "old":
            client.minimum_version = client.maximum_version = ssl.TLSVersion.TLSv1_1
            client.set_ciphers("ALL:@SECLEVEL=0")
        else:
            client.maximum_version = ssl.TLSVersion.TLSv1_2
            client.set_ciphers(offers)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            Connection(several.port, tls=client, name=name)


def test_what_is_wrong_in_a_folder_is_said_before_anything_forks(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": APP})
    put(tmp_path / "certificates", "good", made("good.test"))
    put(tmp_path / "certificates", "bad", made("bad.test"))
    (tmp_path / "certificates" / "bad.key").write_bytes(made().key_pem)
    with ServerProcess("run", "--cert-dir", "certificates", cwd=tmp_path) as server:
        assert server.wait_for_exit() == 2
        assert "bad.crt" in server.stderr
        assert "good.crt" not in server.stderr
        assert not server.events


def test_a_chain_in_the_wrong_order_is_told_and_served_so_that_clients_can_verify_it(tmp_path: Path) -> None:
    root = authority("root")
    middle = authority("middle", issuer=root)
    leaf = made("localhost", issuer=middle)
    put(write(tmp_path, {"main.py": APP}), "site", leaf)
    (tmp_path / "site.crt").write_bytes(middle.certificate_pem + leaf.certificate_pem)
    (tmp_path / "root.pem").write_bytes(root.certificate_pem)
    with ServerProcess("run", "--certfile", "site.crt", "--keyfile", "site.key", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert "wrong order" in str(server.wait_for("certificate", level="warning")["message"])
        client = client_context(str(tmp_path / "root.pem"))
        client.verify_flags &= ~ssl.VERIFY_X509_STRICT
        with Connection(server.port, tls=client) as connection:
            assert connection.get().status == 200


WRONG_OPTIONS: dict[str, tuple[str, ...]] = {
    "--ca-file": ("--certfile", "both.pem", "--client-cert", "required"),
    "--client-cert": ("--certfile", "both.pem", "--ca-file", "both.pem"),
    "--certfile": ("--tls-min", "1.3"),
    "openssl ciphers": ("--certfile", "both.pem", "--ciphers", "NOTHING"),
    "no authority": ("--certfile", "both.pem", "--client-cert", "required", "--ca-file", "both.pem"),
    "holds no certificate": ("--cert-dir", "."),
}


@pytest.mark.parametrize("word", WRONG_OPTIONS)
def test_options_that_do_not_go_together_are_told_with_what_is_missing(tmp_path: Path, word: str) -> None:
    site = made("localhost")
    write(tmp_path, {"main.py": APP})
    if word != "holds no certificate":
        (tmp_path / "both.pem").write_bytes(site.certificate_pem + site.key_pem)
    with ServerProcess("run", *WRONG_OPTIONS[word], cwd=tmp_path) as server:
        if word == "no authority":
            server.wait_for("ready")
            assert any(word in str(one["message"]) for one in server.seen("certificate", level="warning"))
            return
        assert server.wait_for_exit() == 2
        assert word in server.stderr


# ---- certificates of clients ----


@pytest.fixture(scope="module")
def authorities() -> tuple[Made, Made]:
    ours, theirs = (
        certificate(common_name=name, is_authority=True, not_before=BEGAN, not_after=ENDS)
        for name in ("ours", "theirs")
    )
    return ours, theirs


@dataclass
class Mutual:
    """A server that asks clients for certificates."""

    server: ServerProcess
    authorities: Path
    is_required: bool


@pytest.fixture(scope="module", params=["required", "optional"])
def mutual(
    request: pytest.FixtureRequest, authorities: tuple[Made, Made], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mutual]:
    project = write(tmp_path_factory.mktemp("mutual"), {"main.py": APP})
    put(project, "site", made("localhost"))
    (project / "ca.pem").write_bytes(authorities[0].certificate_pem)
    options = ("--certfile", "site.crt", "--keyfile", "site.key", "--ca-file", "ca.pem")
    with ServerProcess("run", *options, "--client-cert", request.param, cwd=project) as server:
        server.wait_for("ready")
        yield Mutual(server, project / "ca.pem", request.param == "required")


def is_refused(port: int, client: ssl.SSLContext) -> bool:
    """Say whether the server ends the connection: in TLS 1.3 a client learns of it with the first answer."""
    try:
        with Connection(port, tls=client) as connection:
            return connection.get().status != 200
    except (ssl.SSLError, ConnectionError):
        return True


def test_who_shows_a_certificate_of_the_authority_is_known_to_the_handler(
    mutual: Mutual, authorities: tuple[Made, Made], tmp_path: Path
) -> None:
    client = showing(made(issuer=authorities[0], common_name="alice"), tmp_path / "alice")
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        client.maximum_version = version
        with Connection(mutual.server.port, tls=client) as connection:
            assert connection.get().json["subject"] == [[["commonName", "alice"]]]


def test_who_shows_a_certificate_of_somebody_else_is_refused(
    mutual: Mutual, authorities: tuple[Made, Made], tmp_path: Path
) -> None:
    assert is_refused(mutual.server.port, showing(made(issuer=authorities[1], common_name="eve"), tmp_path / "eve"))
    assert is_refused(mutual.server.port, showing(made(common_name="alice"), tmp_path / "own"))


def test_who_shows_none_is_refused_where_one_is_required(mutual: Mutual) -> None:
    assert is_refused(mutual.server.port, client_context()) == mutual.is_required
    if not mutual.is_required:
        with Connection(mutual.server.port, tls=True) as connection:
            assert not connection.get().json["subject"]


def test_other_authorities_count_without_a_restart(
    mutual: Mutual, authorities: tuple[Made, Made], tmp_path: Path
) -> None:
    server, file = mutual.server, mutual.authorities
    alice, bob = (
        showing(made(issuer=issuer, common_name=name), tmp_path / name)
        for issuer, name in zip(authorities, ("alice", "bob"), strict=True)
    )
    assert is_refused(server.port, bob)
    file.write_bytes(authorities[1].certificate_pem)
    server.wait_for("authorities_changed")
    wait_until(lambda: not is_refused(server.port, bob))
    assert is_refused(server.port, alice)
    file.write_bytes(authorities[0].certificate_pem)
    server.wait_for_all(2, {"event": "authorities_changed"})
    wait_until(lambda: not is_refused(server.port, alice))


# ---- files that change ----


class Live:
    """Certificates as certbot keeps them: each version in a folder of its own, a link to the one that counts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._versions = 0

    def switch(self, pair: Made) -> None:
        self._versions += 1
        put(self._folder / f"version{self._versions}", "site", pair)
        (self._folder / "next").symlink_to(f"version{self._versions}")
        (self._folder / "next").replace(self._folder / "live")

    @property
    def certfile(self) -> Path:
        return self._folder / "live" / "site.crt"

    @property
    def keyfile(self) -> Path:
        return self._folder / "live" / "site.key"


@pytest.fixture(scope="module")
def rotating(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServerProcess, Live]]:
    project = write(tmp_path_factory.mktemp("rotating"), {"main.py": APP})
    live = Live(project)
    live.switch(made("localhost"))
    files = ("--certfile", "live/site.crt", "--keyfile", "live/site.key")
    with ServerProcess("run", "--workers", "2", *files, cwd=project) as server:
        server.wait_for("ready")
        yield server, live


def test_a_link_that_is_swapped_reaches_every_worker_and_open_connections_go_on(
    rotating: tuple[ServerProcess, Live],
) -> None:
    server, live = rotating
    new = made("localhost")
    with server.connect() as before, SteadyClients(server.port, tls=True) as clients:
        before.get()
        live.switch(new)
        wait_until_all_serve(server.port, new, workers=2)
        clients.wait_for_answers(10)
        assert before.get().status == 200
        assert before.certificate != new.certificate.public_bytes(Encoding.DER)
    assert clients.failed == []


def test_a_worker_that_comes_later_serves_with_the_current_pair(rotating: tuple[ServerProcess, Live]) -> None:
    server, live = rotating
    new = made("localhost")
    live.switch(new)
    wait_until_all_serve(server.port, new, workers=2)
    began = len(server.seen("worker_ready"))
    victim = server.get().json["worker"]
    os.kill(victim, signal.SIGKILL)
    successor = server.wait_for_all(began + 1, {"event": "worker_ready"})[began]["worker"]
    assert successor != victim
    wait_until_all_serve(server.port, new, workers=2)


def test_a_certificate_that_is_written_long_before_its_key_costs_nobody_a_handshake(
    rotating: tuple[ServerProcess, Live],
) -> None:
    server, live = rotating
    old, new = served(server.port), made("localhost")
    with SteadyClients(server.port, tls=True) as clients:
        live.certfile.write_bytes(new.certificate_pem[:-30])
        live.certfile.write_bytes(new.certificate_pem)
        time.sleep(2.2)
        assert served(server.port) == old
        live.keyfile.write_bytes(new.key_pem)
        wait_until_all_serve(server.port, new, workers=2)
    assert clients.failed == []
    assert not server.seen("certificate_refused")


def test_a_change_during_a_long_import_is_served_from_the_first_connection_on(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    project = write(tmp_path / "project", {"main.py": APP.replace("import os\n", f"import os\n{gate.code}\n", 1)})
    live, new = Live(project), made("localhost")
    live.switch(made("localhost"))
    files = ("--certfile", "live/site.crt", "--keyfile", "live/site.key")
    with ServerProcess("run", *files, cwd=project) as server:
        gate.wait_for_somebody()
        live.switch(new)
        server.wait_for("certificate_changed")
        gate.open()
        assert served(server.port) == new.certificate


def test_at_a_reload_a_bad_pair_is_told_at_once_and_the_old_one_is_served_by_the_new_workers(
    rotating: tuple[ServerProcess, Live],
) -> None:
    server, live = rotating
    good = made("localhost")
    live.switch(good)
    wait_until_all_serve(server.port, good, workers=2)
    live.keyfile.write_bytes(made().key_pem)
    server.send(signal.SIGHUP)
    refused = server.wait_for("certificate_refused")
    assert "does not belong to the certificate" in str(refused["message"])
    server.wait_for("ready", generation=2)
    assert served(server.port) == good.certificate
    newer = made("localhost")
    live.switch(newer)
    server.send(signal.SIGHUP)
    server.wait_for("ready", generation=3)
    server.wait_for("generation_left", generation=2)
    wait_until_all_serve(server.port, newer, workers=2)


@pytest.mark.outside("root")
@pytest.mark.parametrize("options", [(), pytest.param(("--preload",), marks=pytest.mark.thorough)], ids=str)
def test_workers_that_may_read_nothing_any_more_get_new_certificates(tmp_path: Path, options: tuple[str, ...]) -> None:
    drop = "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
    project = write(tmp_path, {"main.py": APP.replace("import os\n", f"import os\n{drop}", 1)})
    live = Live(project)
    live.switch(made("localhost"))
    files = ("--certfile", "live/site.crt", "--keyfile", "live/site.key")
    with ServerProcess("run", *files, *options, cwd=project) as server:
        server.wait_for("ready")
        worker = server.get().json
        assert worker["uid"] == 65534
        new = made("localhost")
        live.switch(new)
        wait_until_all_serve(server.port, new, workers=1)
        assert server.get().json == worker, "it is the same process still"
        assert server.stop() == 0
