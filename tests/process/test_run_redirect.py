"""Beside HTTPS: plain HTTP that is sent on, challenges of an authority, and what browsers are told to remember."""

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.certificates import certificate
from support.connection import Connection
from support.own_address import own_address
from support.project import app_that_says, write
from support.server_process import ServerProcess

NOW = datetime.now(UTC)
TLS = ("--certfile", "site.pem", "--keyfile", "site.key")
CHALLENGES = "acme/.well-known/acme-challenge"
APP = """
from tornado.web import Application, RequestHandler

class Main(RequestHandler):
    def get(self):
        if self.get_argument("own", ""):
            self.set_header("Strict-Transport-Security", "max-age=7")
        self.write("one")

def make_app():
    return Application([("/.*", Main)])
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write(
        tmp_path_factory.mktemp("project"), {"main.py": APP, f"{CHALLENGES}/token_1-x": "token_1-x.key", "secret": "no"}
    )
    certificate("localhost", not_before=NOW - timedelta(days=1), not_after=NOW + timedelta(days=90)).write_to(folder)
    (folder / CHALLENGES / "link").symlink_to(folder / "secret")
    os.mkfifo(folder / CHALLENGES / "fifo")
    return folder


@pytest.fixture(scope="module")
def server(project: Path) -> Iterator[ServerProcess]:
    options = ("--redirect-http", "127.0.0.1:0", "--hsts", "--acme-webroot", "acme", "--workers", "2")
    with ServerProcess("run", *TLS, *options, "main.py", cwd=project) as server:
        server.wait_for("ready")
        yield server
        assert server.stop() == 0


def plain_port(server: ServerProcess) -> int:
    [url] = server.wait_for("redirecting")["urls"]
    return int(url.rpartition(":")[2])


def asked_plainly(server: ServerProcess, path: str = "/", method: str = "GET", **headers: str) -> Connection:
    client = Connection(plain_port(server))
    client.ask(path, method=method, **headers)
    return client


def test_plain_http_is_sent_on_to_the_same_host_and_path(server: ServerProcess) -> None:
    with asked_plainly(server, "/shop?page=2&next=//other") as client:
        answer = client.answer()
    assert answer.status == 308
    assert answer.headers["location"] == f"https://localhost:{server.port}/shop?page=2&next=//other"
    assert "strict-transport-security" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "HEAD", "DELETE"])
def test_every_method_is_sent_on_as_it_is(server: ServerProcess, method: str) -> None:
    with asked_plainly(server, "/form", method, Content_Length="0", Connection="close") as client:
        head, _, body = client.wait_for_clean_end().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 308 ")
    assert bool(body) is (method != "HEAD")


@pytest.mark.parametrize("head", ["GET / HTTP/1.0", "GET / HTTP/1.1\r\nHost: a b", "OPTIONS * HTTP/1.1\r\nHost: x"])
def test_what_names_no_host_or_path_is_sent_nowhere(server: ServerProcess, head: str) -> None:
    with Connection(plain_port(server)) as client:
        client.send(f"{head}\r\nConnection: close\r\n\r\n".encode())
        assert client.wait_for_end().startswith(b"HTTP/1.1 400 ")


def test_browsers_are_told_to_stay_with_https_by_answers_over_tls(server: ServerProcess) -> None:
    assert server.get("/").headers["strict-transport-security"] == "max-age=63072000"
    assert server.get("/?own=1").headers["strict-transport-security"] == "max-age=7"


def test_a_challenge_is_answered_on_every_address(server: ServerProcess) -> None:
    path = "/.well-known/acme-challenge/token_1-x"
    with asked_plainly(server, path) as client:
        assert (answer := client.answer()).status == 200
        assert answer.text == "token_1-x.key"
    assert server.get(path).text == "token_1-x.key"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "nothing",
        "link",
        "fifo",
        ".",
        "..",
        "../../secret",
        "../../../secret",
        "%2e%2e/secret",
        "/etc/passwd",
        "a\\b",
    ],
)
def test_nothing_but_a_challenge_is_given_out(server: ServerProcess, name: str) -> None:
    with asked_plainly(server, f"/.well-known/acme-challenge/{name}") as client:
        assert client.answer().status == 404


def test_a_challenge_is_only_read(server: ServerProcess) -> None:
    with asked_plainly(server, "/.well-known/acme-challenge/token_1-x", "PUT", Content_Length="0") as client:
        assert client.answer().status == 405


def test_without_https_challenges_are_answered_too_but_out_of_no_folder_that_is_a_link(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("one"), f"{CHALLENGES}/token": "yes"})
    with ServerProcess("run", "--acme-webroot", "acme", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert server.get("/.well-known/acme-challenge/token").text == "yes"
        (tmp_path / CHALLENGES).rename(tmp_path / "elsewhere")
        (tmp_path / CHALLENGES).symlink_to(tmp_path / "elsewhere")
        assert server.get("/.well-known/acme-challenge/token").status == 404
        assert server.get("/").text == "one"
        assert server.stop() == 0


def test_the_plain_address_stays_bound_over_a_reload_and_a_kept_connection_ends_cleanly(project: Path) -> None:
    with ServerProcess("run", *TLS, "--redirect-http", "localhost:0", cwd=project) as server:
        server.wait_for("ready", generation=1)
        with asked_plainly(server) as kept:
            assert kept.answer().status == 308
            server.send(signal.SIGHUP)
            server.wait_for("ready", generation=2)
            kept.wait_for_clean_end()
        server.wait_for("generation_left", generation=1)
        with asked_plainly(server) as client:
            assert client.answer().status == 308
        assert server.stop() == 0
        server.wait_until_nothing_is_left()


WRONG = {
    "without HTTPS": (("--redirect-http", "127.0.0.1:0"), "--redirect-http is for HTTPS."),
    "without HTTPS, too": (("--hsts=5",), "--hsts is for HTTPS."),
    "no address": ((*TLS, "--redirect-http", "80"), "--redirect-http '80' is no address"),
    "no folder": (("--acme-webroot", "nowhere"), "--acme-webroot nowhere is no folder."),
}


@pytest.mark.parametrize("why", WRONG)
def test_what_is_wrong_is_said_before_anything_forks(project: Path, why: str) -> None:
    options, message = WRONG[why]
    with ServerProcess("run", *options, cwd=project) as server:
        assert server.wait_for_exit() == 2
        assert message in server.stderr
        assert "Hint:" in server.stderr
        assert not server.events


def test_one_address_does_not_do_both(project: Path) -> None:
    address = own_address()
    options = ("--host", address, "--redirect-http", f"{address}:8443")
    with ServerProcess("run", *TLS, *options, cwd=project, port=8443) as server:
        assert server.wait_for_exit() == 1
        assert f"{address}:8443 serves the application; it cannot do both." in server.stderr


def test_a_reload_opens_and_drops_the_plain_address(project: Path) -> None:
    address = own_address()

    def asked() -> int:
        with Connection(8080, host=address) as client:
            return client.get().status

    settings = project / "pyproject.toml"
    with ServerProcess("run", *TLS, cwd=project) as server:
        server.wait_for("ready", generation=1)
        settings.write_text(f'[tool.tcli.run]\nredirect-http = "{address}:8080"\n')
        server.send(signal.SIGHUP)
        server.wait_for("ready", generation=2)
        assert asked() == 308
        settings.unlink()
        server.send(signal.SIGHUP)
        server.wait_for("generation_left", generation=2)
        with pytest.raises(ConnectionRefusedError):
            asked()
        assert server.stop() == 0
