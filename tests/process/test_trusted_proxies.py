"""`tcli run --trusted-proxies`: who may say for whom a request is."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.connection import Connection
from support.project import write
from support.proxies import SHOWS_THE_CLIENT, SPOOFED
from support.server_process import ServerProcess

CLIENT = "203.0.113.9"
ASKS_BY_ITSELF = """
import asyncio

async def main():
    HTTPServer(make_app(), xheaders=True).listen(8000)
    await asyncio.Event().wait()

asyncio.run(main())
"""
PROXIED = {"X_Forwarded_For": CLIENT, "X_Forwarded_Proto": "https", "X_Forwarded_Host": "shop.example"}


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A `run` that trusts a proxy at 127.0.0.1 and any at its Unix socket, but none at ::1."""
    folder = write(tmp_path_factory.mktemp("behind"), {"main.py": SHOWS_THE_CLIENT})
    trusted = ("--trusted-proxies", "127.0.0.0/8", "--trusted-proxies", "unix")
    with ServerProcess(
        "run", "--bind", "localhost:0", "--bind", "unix:app.sock", *trusted, cwd=folder, port=None
    ) as server:
        server.wait_for("ready")
        yield server
        assert server.stop() == 0


def test_a_request_appears_as_the_client_of_a_trusted_proxy_made_it(behind: ServerProcess) -> None:
    answer = behind.get("/as-made", **PROXIED)
    assert answer.json["client"] == [CLIENT, "https", "shop.example"]
    behind.wait_for(path="/as-made", client=CLIENT)


def test_a_kept_connection_of_a_proxy_is_each_client_s_in_turn(behind: ServerProcess) -> None:
    with behind.connect() as proxy:
        assert proxy.get(**PROXIED).json["client"] == [CLIENT, "https", "shop.example"]
        assert proxy.get(Forwarded="for=203.0.113.10").json["client"] == ["203.0.113.10", "http", "localhost"]
        assert proxy.get().json["client"] == ["127.0.0.1", "http", "localhost"]


@pytest.mark.outside("IPv6")
def test_what_a_stranger_says_of_itself_changes_nothing(behind: ServerProcess) -> None:
    with Connection(behind.port, host="::1") as stranger:
        shown = stranger.get("/strange", **SPOOFED).json
    assert shown["client"] == ["::1", "http", "localhost"]
    # Nor in what the application reads by itself.
    assert set(shown["headers"].values()) == {"::1", "http", "localhost"}
    behind.wait_for(path="/strange", client="::1")


def test_a_proxy_at_a_unix_socket_is_trusted_by_its_name(behind: ServerProcess) -> None:
    path = Path(next(url for url in behind.wait_for("listening")["urls"] if "unix" in url).removeprefix("unix:"))
    with Connection(path) as proxy:
        assert proxy.get(**PROXIED).json["client"] == [CLIENT, "https", "shop.example"]
        assert proxy.get("/unix").status == 200
    behind.wait_for(path="/unix", client="unix")


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Forwarded_For": "not-an-address"},
        {"Forwarded": 'for="'},
        {**PROXIED, "Forwarded": "for=6.6.6.6"},
        {**PROXIED, "X_Forwarded_Host": "a b"},
    ],
)
def test_what_a_trusted_proxy_cannot_mean_is_refused(behind: ServerProcess, headers: dict[str, str]) -> None:
    with behind.connect() as proxy:
        refused = proxy.get("/misleading", **headers)
        assert (refused.status, "cannot be" in refused.text) == (400, True)
        assert proxy.get(**PROXIED).status == 200
    behind.wait_for(path="/misleading", client="127.0.0.1", status=400)
    behind.wait_for("misleading", level="warning", client="127.0.0.1")


def test_origins_are_compared_with_the_host_that_the_client_asked_for(behind: ServerProcess) -> None:
    for origin, status in (("https://shop.example", 101), ("https://evil.example", 403), ("http://localhost", 403)):
        with behind.connect() as proxy:
            proxy.ask_for_websocket("/ws", Origin=origin, **PROXIED)
            assert proxy.answer().status == status, origin
        with behind.connect() as proxy:
            proxy.ask(method="POST", Origin=origin, Content_Length="0", **PROXIED)
            assert proxy.answer().status == {101: 200, 403: 403}[status], origin


@pytest.mark.parametrize(
    ("trusted", "client"),
    [((), ["6.6.6.6", "https", "localhost"]), (("192.0.2.1",), ["127.0.0.1", "http", "localhost"])],
    ids=["nobody-named", "somebody-else-named"],
)
def test_an_application_that_reads_the_headers_itself_is_told_what_tcli_decided(
    tmp_path: Path, trusted: tuple[str, ...], client: list[str]
) -> None:
    write(tmp_path, {"main.py": SHOWS_THE_CLIENT + ASKS_BY_ITSELF})
    options = [word for one in trusted for word in ("--trusted-proxies", one)]
    with ServerProcess("run", *options, cwd=tmp_path) as server:
        server.wait_for("ready")
        assert server.get(**SPOOFED).json["client"] == client


def test_allowed_hosts_are_those_that_clients_ask_for(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": SHOWS_THE_CLIENT})
    trusts = ("--trusted-proxies", "127.0.0.1")
    with ServerProcess("run", *trusts, "--allowed-hosts", "shop.example", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert server.get(**PROXIED).status == 200
        assert server.get(**{**PROXIED, "X_Forwarded_Host": "evil.example"}).status == 421


def test_a_proxy_that_is_none_is_said_at_the_start(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": SHOWS_THE_CLIENT})
    with ServerProcess("run", "--trusted-proxies", "proxy.example", cwd=tmp_path) as server:
        assert server.wait_for_exit() == 2
        assert "proxy.example is no address" in server.stderr
