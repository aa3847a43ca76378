"""Connections: how many a worker holds, how many one client, and what becomes of those that are too many."""

import resource
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.connection import Connection
from support.process_tree import cpu_seconds
from support.project import write
from support.server_process import ServerProcess
from support.trouble import workers_of

APP = """
import asyncio
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler

class Main(RequestHandler):
    def get(self):
        self.write("main")

class Slow(RequestHandler):
    async def get(self):
        print("in flight", flush=True)
        await self.settings["released"].wait()
        self.write("slow")

class Release(RequestHandler):
    def get(self):
        self.settings["released"].set()

class Socket(WebSocketHandler):
    def on_message(self, message):
        self.write_message(message)

def make_app():
    return Application(
        [("/", Main), ("/slow", Slow), ("/release", Release), ("/socket", Socket)],
        released=asyncio.Event(),
    )
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("project"), {"main.py": APP})


@pytest.fixture(scope="module")
def server(project: Path) -> Iterator[ServerProcess]:
    options = ("--max-client-connections", "3", "--trusted-proxies", "127.0.0.1")
    with ServerProcess("run", *options, "--bind", "127.0.0.1:0", "--bind", "[::1]:0", cwd=project, port=None) as server:
        server.wait_for("ready")
        yield server
        assert server.stop() == 0


def test_a_full_worker_accepts_again_when_a_connection_ends(project: Path) -> None:
    with ServerProcess("run", "--max-connections", "3", cwd=project) as server, ExitStack() as stack:
        server.wait_for("ready")
        [worker] = workers_of(server)
        held = [stack.enter_context(server.connect()) for _ in range(3)]
        assert [client.get().text for client in held] == ["main"] * 3
        waiting = stack.enter_context(server.connect())
        waiting.ask()
        assert "--max-connections" in str(server.wait_for("accept_paused", level="warning")["message"])
        before = cpu_seconds(worker)
        assert not waiting.has_answer(within=1.0)
        # It does not look at its listeners all the time.
        assert cpu_seconds(worker) - before < 0.2
        assert held[1].get().text == "main"
        held[0].close()
        assert waiting.answer().text == "main"


def test_websockets_count_as_connections_of_a_worker(project: Path) -> None:
    with ServerProcess("run", "--max-connections", "1", cwd=project) as server, ExitStack() as stack:
        held = stack.enter_context(server.connect())
        held.open_websocket("/socket")
        waiting = stack.enter_context(server.connect())
        waiting.ask()
        server.wait_for("accept_paused")
        held.close()
        assert waiting.answer().text == "main"


def test_a_worker_keeps_a_fifth_of_its_descriptors_for_the_application(project: Path) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    under = ("prlimit", f"--nofile=100:{hard}")
    with ServerProcess("run", cwd=project, under=under) as server, ExitStack() as stack:
        server.wait_for("ready")
        held = [stack.enter_context(server.connect()) for _ in range(80)]
        assert {client.get().text for client in held} == {"main"}
        stack.enter_context(server.connect()).ask()
        server.wait_for("accept_paused")
        assert "--max-connections" in str(server.seen("accept_paused")[0]["message"])


def direct(server: ServerProcess) -> Connection:
    """A connection of a client that nobody speaks for."""
    port = int(server.wait_for("listening")["urls"][1].rpartition(":")[2])
    return Connection(port, host="::1")


def close(client: Connection) -> None:
    """End a connection so that the server knows."""
    client.get(Connection="close")
    assert client.wait_for_clean_end() == b""


def test_a_client_that_holds_too_many_connections_is_refused_and_others_are_not(server: ServerProcess) -> None:
    with ExitStack() as stack:
        held = [stack.enter_context(direct(server)) for _ in range(3)]
        assert [client.get().text for client in held] == ["main"] * 3
        with direct(server) as excess:
            answer = excess.answer()
            assert (answer.status, answer.headers["connection"]) == (503, "close")
            assert "--max-client-connections" in answer.text
        server.wait_for("too_many_connections", client="::1", level="warning")
        # Not by the address of a proxy: it brings others.
        assert server.get().text == "main"
        close(held[0])
        with direct(server) as another:
            assert another.get().text == "main"
            close(another)
        for client in held[1:]:
            close(client)


def test_a_client_behind_a_proxy_is_counted_by_its_requests(server: ServerProcess) -> None:
    slow = {"X_Forwarded_For": "203.0.113.7"}
    with ExitStack() as stack:
        proxied = [stack.enter_context(server.connect()) for _ in range(4)]
        for client in proxied[:3]:
            client.ask("/slow", **slow)
        server.wait_for_all(3, {"message": "in flight"})
        proxied[3].ask("/", **slow)
        answer = proxied[3].answer()
        assert answer.status == 503
        # The proxy's connection goes on, for others.
        assert proxied[3].get("/", X_Forwarded_For="203.0.113.8").text == "main"
        assert proxied[3].get("/release").status == 200
        assert [client.answer().text for client in proxied[:3]] == ["slow"] * 3
        assert [client.get("/", **slow).text for client in proxied] == ["main"] * 4


def test_a_websocket_behind_a_proxy_counts_until_it_is_closed(server: ServerProcess) -> None:
    with ExitStack() as stack:
        sockets = [stack.enter_context(server.connect()) for _ in range(3)]
        for client in sockets:
            client.open_websocket("/socket", X_Forwarded_For="203.0.113.9")
        proxied = stack.enter_context(server.connect())
        assert proxied.get("/", X_Forwarded_For="203.0.113.9").status == 503
        # Masked by nothing: the server answers with a close frame of its own, and ends.
        sockets[0].send(b"\x88\x80\0\0\0\0")
        sockets[0].wait_for_end()
        server.get(Connection="close")
        assert proxied.get("/", X_Forwarded_For="203.0.113.9").status == 200


def test_over_tls_a_client_with_too_many_connections_is_closed_before_its_handshake(project: Path) -> None:
    with ServerProcess("run", "--ssl", "--max-client-connections", "1", cwd=project) as server:
        with server.connect() as held:
            assert held.get().text == "main"
            with Connection(server.port) as excess:
                assert excess.wait_for_end() == b""
        assert server.stop() == 0
