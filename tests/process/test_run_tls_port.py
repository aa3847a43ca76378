"""A TLS port and those who do not speak TLS there: told what to type, never a nuisance to others."""

import contextlib
import re
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.certificates import certificate
from support.connection import Connection
from support.handshakes import client_context
from support.project import app_that_says, write
from support.server_process import ServerProcess
from support.tls_clients import wait_until

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write(tmp_path_factory.mktemp("project"), {"main.py": app_that_says("one")})
    certificate("localhost", not_before=NOW - timedelta(days=1), not_after=NOW + timedelta(days=90)).write_to(folder)
    return folder


@pytest.fixture(scope="module")
def server(project: Path) -> Iterator[ServerProcess]:
    with ServerProcess("run", "--certfile", "site.pem", "--keyfile", "site.key", cwd=project) as server:
        server.wait_for("ready")
        yield server
        assert server.stop() == 0
        assert {event["level"] for event in server.events} == {"info"}


def said_to(server: ServerProcess, data: bytes) -> bytes:
    with Connection(server.port) as client:
        client.send(data)
        return client.wait_for_clean_end()


def test_plain_http_is_answered_with_the_address_to_use_instead(server: ServerProcess) -> None:
    with Connection(server.port) as client:
        answer = client.get("/shop?page=2")
    assert answer.status == 400
    assert answer.text == "This port speaks HTTPS: https://localhost/shop?page=2\n"
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("shop.localhost:8443", "https://shop.localhost:8443/"),
        ("[::1]:8443", "https://[::1]:8443/"),
        ("<b>:8443", "https://127.0.0.1:{port}/"),
        ("", "https://127.0.0.1:{port}/"),
    ],
)
def test_the_address_is_that_of_the_host_that_was_asked_for(server: ServerProcess, host: str, url: str) -> None:
    answer = said_to(server, f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert answer.endswith(f"This port speaks HTTPS: {url.format(port=server.port)}\n".encode())


def test_a_browser_gets_a_page_with_a_link_and_nothing_of_the_request_in_it_is_markup(server: ServerProcess) -> None:
    with Connection(server.port) as client:
        answer = client.get('/"><script>alert(1)</script>', Accept="text/html,*/*")
    assert answer.status == 400
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "<script>" not in answer.text
    assert re.search(r'<a href="https://localhost/&quot;&gt;&lt;script&gt;[^"<]*">', answer.text)


def test_head_is_answered_without_a_body(server: ServerProcess) -> None:
    assert said_to(server, b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n").endswith(b"\r\n\r\n")


def test_an_upload_gets_its_answer_whole(server: ServerProcess) -> None:
    size = 300_000
    head = f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n"
    answer = said_to(server, head.encode() + b"x" * size)
    assert answer.startswith(b"HTTP/1.1 400 ")


def test_the_preface_of_http_2_is_plain_http(server: ServerProcess) -> None:
    assert said_to(server, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_who_leaves_without_a_word_leaves_no_trace(server: ServerProcess) -> None:
    # Lines keep their order: what others have caused is told when this one is.
    server.get("/before")
    server.wait_for("access", path="/before")
    told = len(server.events)
    for reset in (False, True):
        with Connection(server.port) as client:
            if reset:
                client.send(b"\x16")
                client.reset()
    server.get("/after")
    server.wait_for("access", path="/after")
    assert [event["message"] for event in server.events[told:] if event.get("event") != "access"] == []


def test_strangers_cost_a_line_each_kind_and_nobody_an_answer(project: Path) -> None:
    with ServerProcess("run", "--certfile", "site.pem", "--keyfile", "site.key", cwd=project) as server:
        server.wait_for("ready")
        for _ in range(100):
            for data in (b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\x00\x05hello", b"\x00" * 100):
                with Connection(server.port) as stranger:
                    stranger.send(data)
                    stranger.wait_for_end()
        assert server.get().text == "one"
        assert server.stop() == 0
        plain, other_plain = server.seen("plain_http")
        failed, other_failed = server.seen("handshake_failed")
        # At the end of it all, what was only counted: the latest, and how many it stands for.
        assert (other_plain["untold"], other_failed["untold"]) == (98, 198)
        assert (plain["level"], failed["level"]) == ("info", "info")
        assert plain["client"] == "127.0.0.1"
        assert f": https://127.0.0.1:{server.port}/." in str(plain["message"])


def hello() -> bytes:
    """What a client says first."""
    sent = ssl.MemoryBIO()
    client = client_context().wrap_bio(ssl.MemoryBIO(), sent)
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return sent.read()


def test_a_handshake_that_stands_still_is_cut_off_at_its_deadline_and_leaves_nothing(project: Path) -> None:
    options = ("--certfile", "site.pem", "--keyfile", "site.key", "--header-timeout", "1")
    with ServerProcess("run", *options, cwd=project) as server:
        worker = int(server.wait_for("worker_ready")["worker"])
        server.wait_for("ready")
        assert server.get().text == "one"
        before = len(list(Path(f"/proc/{worker}/fd").iterdir()))
        begun = [b"", hello()[:60], hello()]
        with ExitStack() as stack:
            silent = [stack.enter_context(Connection(server.port)) for _ in range(10) for _ in begun]
            for client, data in zip(silent, begun * 10, strict=True):
                client.send(data)
            assert server.get().text == "one"
            for client in silent:
                client.wait_for_end()
        assert server.wait_for("slow_handshake")["level"] == "info"
        assert server.get().text == "one"
        # The last client has gone; the worker sees that in its own time.
        wait_until(lambda: len(list(Path(f"/proc/{worker}/fd").iterdir())) <= before)
        assert server.stop() == 0


def test_tls_on_a_plain_port_is_no_request_and_harms_nobody(project: Path) -> None:
    with ServerProcess("run", "--header-timeout", "1", cwd=project) as server:
        server.wait_for("ready")
        with Connection(server.port) as client:
            client.send(hello())
            client.wait_for_end()
        assert server.get().text == "one"
        assert server.stop() == 0
        assert {event["level"] for event in server.events} == {"info"}


def test_a_flood_of_handshakes_that_come_to_nothing_is_borne(server: ServerProcess) -> None:
    with ExitStack() as stack:
        flood = [stack.enter_context(Connection(server.port)) for _ in range(300)]
        for client in flood:
            client.send(hello())
        assert server.get().text == "one"
        for client in flood:
            client.reset()
    assert server.get().text == "one"
