"""Answers to clients that are still sending: they arrive whole, whatever is still on its way."""

import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.connection import Connection
from support.project import write
from support.server_process import ServerProcess

APP = """
from tornado.web import Application, RequestHandler, stream_request_body

@stream_request_body
class Early(RequestHandler):
    async def prepare(self):
        self.set_status(403)
        await self.finish("not you")

    def data_received(self, chunk):
        raise AssertionError("it was answered")

class Main(RequestHandler):
    def get(self):
        self.write("main")

def make_app():
    return Application([("/", Main), ("/early", Early)])
"""
MUCH = 16 * 1024 * 1024
"""Bytes; more than the system keeps for one that does not read them."""


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    # A folder with a short name: pytest's own may be longer than a socket's path can be.
    with tempfile.TemporaryDirectory(prefix="tcli") as name:
        folder = write(Path(name), {"main.py": APP})
        binds = ("--bind", "127.0.0.1:0", "--bind", "unix:plain.sock")
        with ServerProcess("run", "--ssl", *binds, cwd=folder, port=None) as server:
            server.wait_for("ready")
            yield server
            assert server.stop() == 0


@pytest.fixture(params=["plain", "TLS"])
def client(request: pytest.FixtureRequest, server: ServerProcess) -> Iterator[Connection]:
    plain = server.folder / "plain.sock"
    with Connection(server.port, tls=True) if request.param == "TLS" else Connection(plain) as client:
        yield client


def test_an_answer_before_the_end_of_the_body_arrives(client: Connection) -> None:
    client.ask("/early", method="POST", Content_Length=str(MUCH))
    # As many clients do, it sends everything before it reads anything.
    client.send(bytes(MUCH))
    answer = client.answer()
    assert (answer.status, answer.text) == (403, "not you")
    assert client.wait_for_clean_end() == b""


@pytest.mark.parametrize("fault", ["Content-Length: 5\r\nContent-Length: 6", "Transfer-Encoding: x", "no colon"])
def test_an_answer_to_a_request_that_cannot_be_understood_arrives(client: Connection, fault: str) -> None:
    client.send(f"POST / HTTP/1.1\r\nHost: localhost\r\n{fault}\r\n\r\n".encode())
    client.send(bytes(MUCH))
    assert client.wait_for_clean_end().startswith(b"HTTP/1.1 400 ")


def test_a_client_that_sends_without_end_is_left(server: ServerProcess) -> None:
    with Connection(server.folder / "plain.sock") as client:
        client.ask("/early", method="POST", Content_Length=str(1 << 40))
        with pytest.raises(ConnectionError):
            client.send(bytes(8 * MUCH))


def test_a_stop_waits_for_an_answer_that_is_not_taken_yet(server: ServerProcess) -> None:
    with ServerProcess("run", cwd=server.folder) as another:
        another.wait_for("ready")
        with another.connect() as client:
            client.ask("/early", method="POST", Content_Length=str(MUCH))
            another.wait_for("access", path="/early")
            another.send(signal.SIGTERM)
            client.send(bytes(MUCH))
            assert client.answer().status == 403
        assert another.wait_for_exit() == 0


def test_in_development_an_early_answer_arrives_as_well(server: ServerProcess) -> None:
    with ServerProcess("serve", cwd=server.folder) as development:
        development.wait_for("ready")
        with development.connect() as client:
            client.ask("/early", method="POST", Content_Length=str(MUCH))
            client.send(bytes(MUCH))
            assert client.answer().status == 403
        assert development.stop() == 0
