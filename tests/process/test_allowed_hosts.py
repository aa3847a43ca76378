"""Requests for other hosts: refused by `run` when hosts are named, and never shown the source by `serve`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.project import app_that_says, write
from support.server_process import ServerProcess

REBOUND = {"Host": "evil.example", "Origin": "http://evil.example"}


@pytest.fixture(scope="module")
def restricted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A `run` that answers for example.com and what is below it."""
    folder = write(tmp_path_factory.mktemp("restricted"), {"main.py": app_that_says("one")})
    with ServerProcess("run", "--allowed-hosts", ".example.com", "--ready-path", "/", cwd=folder) as server:
        server.wait_for("ready")
        yield server
        assert server.stop() == 0


@pytest.mark.parametrize("host", ["example.com", "WWW.Example.Com.:8000"])
def test_a_request_for_an_allowed_host_is_answered(restricted: ServerProcess, host: str) -> None:
    assert restricted.get(Host=host).text == "one"


def test_a_request_for_another_host_is_misdirected_and_the_connection_stays(restricted: ServerProcess) -> None:
    with restricted.connect() as client:
        answer = client.get(**REBOUND)
        assert answer.status == 421
        assert "evil.example" not in answer.text
        assert client.get(Host="example.com").text == "one"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("GET / HTTP/1.1\r\n", 400),
        ("GET / HTTP/1.0\r\n", 400),
        ("GET / HTTP/1.1\r\nHost:\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: example.com\r\nHost: evil.example\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: user@example.com\r\n", 400),
        ("GET http://evil.example/ HTTP/1.1\r\nHost: example.com\r\n", 421),
        ("GET HTTP://example.com/ HTTP/1.1\r\nHost: evil.example\r\n", 421),
        ("GET / HTTP/1.1\r\nHost: localhost\r\n", 421),
    ],
)
def test_a_request_that_does_not_say_which_host_gets_no_answer_of_the_application(
    restricted: ServerProcess, head: str, status: int
) -> None:
    with restricted.connect() as client:
        client.send(f"{head}\r\n".encode())
        assert client.answer().status == status


def test_the_body_of_a_refused_request_is_no_second_request(restricted: ServerProcess) -> None:
    smuggled = b"GET /smuggled HTTP/1.1\r\nHost: example.com\r\n\r\n"
    with restricted.connect() as client:
        head = f"POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Length: {len(smuggled)}\r\n\r\n"
        client.send(head.encode() + smuggled)
        assert client.answer().status == 421
        assert client.wait_for_end() == b""


def test_refused_requests_are_in_the_access_log(restricted: ServerProcess) -> None:
    assert restricted.get("/of-another", Host="evil.example").status == 421
    restricted.wait_for(path="/of-another", status=421)
    restricted.wait_for("misdirected", level="info", client="127.0.0.1", status=421)


@pytest.mark.parametrize("command", ["run", "serve"])
def test_a_pattern_that_is_none_is_said_at_the_start(tmp_path: Path, command: str) -> None:
    write(tmp_path, {"main.py": app_that_says("one")})
    with ServerProcess(command, "--allowed-hosts", "example.com:80", cwd=tmp_path) as server:
        assert server.wait_for_exit() == 2
        assert "example.com:80 is no host" in server.stderr


def test_serve_answers_for_any_host_but_shows_the_source_to_this_machine_s_own_only(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": f"{app_that_says('one')}\nraise RuntimeError('hunter2')"})
    with ServerProcess("serve", "--debug", cwd=tmp_path) as server:
        server.wait_for("app_failed")
        assert "hunter2" in server.get(Host="127.0.0.1:8000").text
        assert "hunter2" in server.get(Host="shop.localhost:8000").text
        for headers in (REBOUND, {"X-Forwarded-Host": "tunnel.example"}):
            answer = server.get(**headers)
            assert (answer.status, "hunter2" in answer.text) == (500, False)


def test_serve_restricts_the_application_too_when_hosts_are_named(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("one")})
    with ServerProcess("serve", "--allowed-hosts", "shop.example", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert [server.get(Host=host).status for host in ("shop.example", "localhost", "evil.example")] == [
            200,
            200,
            421,
        ]
        assert server.stop() == 0
