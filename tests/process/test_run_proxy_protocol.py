"""`tcli run --proxy-protocol`: connections that a trusted proxy introduces, and those that nobody does."""

import signal
import socket
import ssl
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.connection import Connection
from support.handshakes import client_context
from support.project import write
from support.proxies import SHOWS_THE_CLIENT
from support.server_process import ServerProcess

V1 = b"PROXY TCP4 203.0.113.9 192.0.2.1 4711 443\r\n"
V2_HEAD = b"\r\n\r\n\x00\r\nQUIT\n"
V2 = (
    V2_HEAD
    + b"\x21\x11"
    + struct.pack("!H4s4sHH", 12 + 6, bytes([203, 0, 113, 9]), bytes(4), 4711, 443)
    + b"\x04\0\3abc"
)
LOCAL = V2_HEAD + b"\x20\x00\x00\x00"
REQUEST = b"GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def introduced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A `run` whose connections a proxy at 127.0.0.1, or at its Unix socket, introduces."""
    folder = write(tmp_path_factory.mktemp("introduced"), {"main.py": SHOWS_THE_CLIENT})
    trusted = ("--trusted-proxies", "127.0.0.1", "--trusted-proxies", "unix")
    binds = ("--bind", "localhost:0", "--bind", "unix:app.sock")
    with ServerProcess(
        "run", "--proxy-protocol", "--ready-path", "/", *binds, *trusted, cwd=folder, port=None
    ) as server:
        server.wait_for("ready")
        yield server
        assert server.stop() == 0


@pytest.mark.parametrize("header", [V1, V2], ids=["v1", "v2"])
def test_the_client_is_whom_the_proxy_introduces(introduced: ServerProcess, header: bytes) -> None:
    with introduced.connect() as proxy:
        proxy.send(header + REQUEST)
        assert proxy.answer().json["client"] == ["203.0.113.9", "http", "localhost"]
        # The client is no proxy: what it says of itself is not heard.
        assert proxy.get(X_Forwarded_For="6.6.6.6").json["client"][0] == "203.0.113.9"
    introduced.wait_for(path="/who", client="203.0.113.9")


@pytest.mark.parametrize("header", [V1, V2], ids=["v1", "v2"])
def test_a_header_may_come_byte_by_byte(introduced: ServerProcess, header: bytes) -> None:
    with introduced.connect() as proxy:
        for byte in header + REQUEST:
            proxy.send(bytes([byte]))
        assert proxy.answer().json["client"][0] == "203.0.113.9"


def test_a_proxy_that_asks_for_itself_is_shown_as_itself(introduced: ServerProcess) -> None:
    for header in (LOCAL, b"PROXY UNKNOWN\r\n"):
        with introduced.connect() as proxy:
            proxy.send(header + REQUEST)
            assert proxy.answer().json["client"][0] == "127.0.0.1"


def test_a_proxy_behind_a_proxy_may_speak_for_its_client(introduced: ServerProcess) -> None:
    with introduced.connect() as proxy:
        proxy.send(b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n")
        assert proxy.get(X_Forwarded_For="203.0.113.10").json["client"][0] == "203.0.113.10"


def test_clients_of_a_unix_socket_are_introduced_too(introduced: ServerProcess) -> None:
    path = next(url for url in introduced.wait_for("listening")["urls"] if "unix" in url).removeprefix("unix:")
    with Connection(Path(path)) as proxy:
        proxy.send(V2 + REQUEST)
        assert proxy.answer().json["client"][0] == "203.0.113.9"


@pytest.mark.parametrize(
    "begin", [REQUEST, b"PROXY TCP9 \r\n" + REQUEST, V1.replace(b"203.0.113.9", b"nobody") + REQUEST]
)
def test_a_connection_without_a_header_is_ended_unanswered(introduced: ServerProcess, begin: bytes) -> None:
    with introduced.connect() as client:
        client.send(begin)
        assert client.wait_for_end() == b""
    introduced.wait_for("unintroduced", level="info")


@pytest.mark.outside("IPv6")
def test_a_stranger_cannot_introduce_itself(introduced: ServerProcess) -> None:
    with Connection(introduced.port, host="::1") as stranger:
        assert stranger.wait_for_end() == b""


def test_a_proxy_that_only_looks_leaves_no_trace(introduced: ServerProcess) -> None:
    for begin in (b"", V1[:10]):
        with introduced.connect() as proxy:
            proxy.send(begin)
    with introduced.connect() as proxy:
        proxy.send(V1 + REQUEST)
        assert proxy.answer().status == 200


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = write(tmp_path_factory.mktemp("encrypted"), {"main.py": SHOWS_THE_CLIENT})
    trusts = ("--trusted-proxies", "127.0.0.1")
    with ServerProcess("run", "--ssl", "--proxy-protocol", *trusts, cwd=folder) as server:
        server.wait_for("ready")
        yield server
        assert server.stop() == 0


@pytest.mark.parametrize("header", [V1, V2], ids=["v1", "v2"])
def test_tls_begins_behind_the_header(encrypted: ServerProcess, header: bytes) -> None:
    with socket.create_connection(("127.0.0.1", encrypted.port), 20) as plain:
        plain.sendall(header)
        with client_context().wrap_socket(plain) as client:
            client.sendall(REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert b'["203.0.113.9", "https", "localhost"]' in answer


def test_a_header_within_tls_is_no_header(encrypted: ServerProcess) -> None:
    with (
        socket.create_connection(("127.0.0.1", encrypted.port), 20) as plain,
        pytest.raises((ssl.SSLError, ConnectionError)),
    ):
        client_context().wrap_socket(plain)


def test_a_drain_waits_for_a_header_that_is_on_its_way(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": SHOWS_THE_CLIENT})
    with ServerProcess("run", "--proxy-protocol", "--trusted-proxies", "127.0.0.1", cwd=tmp_path) as server:
        server.wait_for("ready")
        with server.connect() as proxy:
            proxy.send(V2[:14])
            with server.connect() as other:
                # Accepted after the first one.
                other.send(V1 + REQUEST)
                assert other.answer().status == 200
            server.send(signal.SIGTERM)
            server.wait_for("stopping")
            proxy.send(V2[14:] + REQUEST)
            assert proxy.answer().json["client"][0] == "203.0.113.9"
        assert server.wait_for_exit() == 0


def test_nobody_may_introduce_where_nobody_is_trusted(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": SHOWS_THE_CLIENT})
    with ServerProcess("run", "--proxy-protocol", cwd=tmp_path) as server:
        assert server.wait_for_exit() == 2
        assert "--trusted-proxies" in server.stderr
