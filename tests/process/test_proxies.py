"""`tcli run` behind real proxies, configured as the manual has it: each request is shown as its client made it."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.project import write
from support.proxies import CLIENT, HOST, SHOWS_THE_CLIENT, SPOOFED, Proxy, client_of_websocket, documented, proxy
from support.server_process import DEADLINE, ServerProcess

# Addresses of the loopback network that are no 127.0.0.1.
pytestmark = pytest.mark.outside("linux")
HTTP = [
    pytest.param("nginx", id="nginx", marks=pytest.mark.outside("nginx")),
    pytest.param("haproxy", id="haproxy", marks=pytest.mark.outside("haproxy")),
    pytest.param("caddyfile", id="caddy", marks=pytest.mark.outside("caddy")),
]
UNIX = {"nginx": "unix:{path}", "haproxy": "unix@{path}", "caddyfile": "unix/{path}"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Two workers that trust 127.0.0.1 and their Unix socket."""
    folder = write(tmp_path_factory.mktemp("server"), {"main.py": SHOWS_THE_CLIENT})
    trusts = ("--trusted-proxies", "127.0.0.1", "--trusted-proxies", "unix")
    binds = ("--bind", "127.0.0.1:0", "--bind", f"unix:{folder}/app.sock")
    hurries = ("--keep-alive-linger", "0.3")
    with ServerProcess("run", "-w", "2", *binds, *trusts, *hurries, cwd=folder, port=None) as server:
        server.wait_for("ready")
        yield server
        assert server.stop() == 0


@pytest.fixture(scope="module", params=HTTP)
def in_front(
    request: pytest.FixtureRequest, server: ServerProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    """Each proxy in turn, as it is configured for HTTP over TCP."""
    text = documented(request.param, "" if request.param != "haproxy" else "mode http")
    with proxy(request.param, text, tmp_path_factory.mktemp(request.param), f"127.0.0.1:{server.port}") as one:
        yield one


def test_a_request_is_shown_as_its_client_made_it(server: ServerProcess, in_front: Proxy) -> None:
    with in_front.connect() as client:
        answer = client.get("/mine", Host=HOST)
        assert answer.json["client"] == [CLIENT, "https", HOST]
    server.wait_for(path="/mine", client=CLIENT)


def test_what_a_client_says_of_itself_changes_nothing(in_front: Proxy) -> None:
    with in_front.connect() as client:
        honest = client.get(Host=HOST).json
        spoofed = client.get(Host=HOST, **SPOOFED).json
    assert spoofed["client"] == honest["client"] == [CLIENT, "https", HOST]
    assert not [value for value in spoofed["headers"].values() if "6.6.6.6" in value or "evil" in value]


def test_kept_connections_to_the_server_are_each_client_s_in_turn(in_front: Proxy) -> None:
    with in_front.connect() as client, in_front.connect(source="127.0.0.4") as other:
        answers = [one.get(Host=HOST).json for one in (client, other) * 4]
    assert [answer["client"][0] for answer in answers] == [CLIENT, "127.0.0.4"] * 4
    # Fewer than requests: they were kept.
    assert len({answer["connection"] for answer in answers}) < len(answers)


def test_websockets_and_posts_are_for_pages_of_the_same_origin(in_front: Proxy) -> None:
    for origin, opened, saved in (
        (f"https://{HOST}", 101, 200),
        ("https://evil.example", 403, 403),
        ("http://127.0.0.1:8000", 403, 403),
    ):
        with in_front.connect() as client:
            client.ask(method="POST", Host=HOST, Origin=origin, Content_Length="0")
            assert client.answer().status == saved, origin
            client.ask_for_websocket("/ws", Host=HOST, Origin=origin)
            assert client.answer().status == opened, origin
            if opened == 101:
                assert client_of_websocket(client) == CLIENT


@pytest.mark.parametrize(
    "lines",
    [
        "Content-Length: {all}|Transfer-Encoding: chunked",
        "Transfer-Encoding: chunked|Content-Length: {all}",
        "Content-Length: {all}|Transfer-Encoding : chunked",
        "Content-Length: {all}|Transfer_Encoding: chunked",
        "Content-Length: {all}|Transfer-Encoding: xchunked",
        "Content-Length: {all}|Transfer-Encoding: identity, chunked",
        "Content-Length: {all}|Transfer-Encoding: chunked, identity",
        "Content-Length: {all}|Transfer-Encoding:\x0bchunked",
        "Content-Length: {all}|Transfer-Encoding:| chunked",
        "Content-Length: {all}|X: y\nTransfer-Encoding: chunked",
        "Content-Length: {all}|X: y\rTransfer-Encoding: chunked",
        "Content-Length: 0|Content-Length: {all}",
        "Content-Length: {all}|Content-Length: 0",
        "Content-Length: 0, {all}",
        "Content-Length: +{all}",
        "Content-Length: {all}|Upgrade: websocket|Connection: Upgrade",
        "Transfer-Encoding: chunked|Transfer-Encoding: identity|Content-Length: {all}",
    ],
)
def test_no_request_is_smuggled_past_a_proxy(in_front: Proxy, lines: str) -> None:
    # By each way to measure it the first request is whole: it gets an answer, whoever is misled.
    body = f"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: {HOST}\r\n\r\n"
    fields = lines.format(all=len(body)).replace("|", "\r\n")
    with in_front.connect() as client:
        client.send(f"POST / HTTP/1.1\r\nHost: {HOST}\r\n{fields}\r\n\r\n{body}".encode())
        client.answer()
    # An answer too many would be somebody else's, on the connections that the proxy keeps.
    with in_front.connect() as other:
        for path in ("/one", "/two", "/three"):
            assert other.get(path, Host=HOST).json["path"] == path


def test_a_reload_behind_a_proxy_that_keeps_connections_loses_nothing(server: ServerProcess, in_front: Proxy) -> None:
    generation = len(server.seen("ready"))
    statuses = []
    with in_front.connect() as client:
        statuses.append(client.get(Host=HOST).status)
        server.send(signal.SIGHUP)
        deadline = time.monotonic() + DEADLINE
        while not server.seen("generation_left", generation=generation):
            # No proxy sends this one twice.
            client.ask(method="POST", Host=HOST, Content_Length="0")
            statuses.append(client.answer().status)
            assert time.monotonic() < deadline
    assert set(statuses) == {200}


@pytest.mark.parametrize("language", HTTP)
def test_a_proxy_at_a_unix_socket_is_believed_too(server: ServerProcess, language: str, tmp_path: Path) -> None:
    path = next(url for url in server.wait_for("listening")["urls"] if "unix" in url).removeprefix("unix:")
    upstream = UNIX[language].format(path=path)
    text = documented(language, "" if language != "haproxy" else "mode http")
    with proxy(language, text, tmp_path, upstream) as in_front, in_front.connect() as client:
        assert client.get(Host=HOST, **SPOOFED).json["client"] == [CLIENT, "https", HOST]


@pytest.fixture(scope="module")
def introduced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Two workers that end TLS themselves, and are told their clients by the PROXY protocol."""
    folder = write(tmp_path_factory.mktemp("introduced"), {"main.py": SHOWS_THE_CLIENT})
    options = ("-w", "2", "--ssl", "--proxy-protocol", "--trusted-proxies", "127.0.0.1")
    with ServerProcess("run", *options, cwd=folder) as server:
        server.wait_for("ready")
        yield server
        assert server.stop() == 0


@pytest.mark.parametrize(
    ("language", "words"),
    [
        pytest.param("haproxy", "send-proxy-v2", marks=pytest.mark.outside("haproxy")),
        pytest.param("haproxy", "send-proxy", marks=pytest.mark.outside("haproxy")),
        pytest.param("nginx", "proxy_protocol on", marks=pytest.mark.outside("nginx", "nginx stream")),
    ],
)
def test_a_proxy_introduces_clients_whose_tls_is_ours(
    introduced: ServerProcess, language: str, words: str, tmp_path: Path
) -> None:
    text = documented(language, words).replace("send-proxy-v2", f"{words} check inter 100ms")
    with proxy(language, text, tmp_path, f"127.0.0.1:{introduced.port}") as in_front, in_front.connect() as client:
        assert client.get("/introduced", Host=HOST, **SPOOFED).json["client"] == [CLIENT, "https", HOST]
        client.ask_for_websocket("/ws", Host=HOST, Origin=f"https://{HOST}")
        assert client.answer().status == 101
        assert client_of_websocket(client) == CLIENT
    introduced.wait_for(path="/introduced", client=CLIENT)
    # Its checks are no failed handshakes.
    assert not introduced.seen("handshake_failed")
