"""Faults of clients, by mistake or on purpose, that `tcli run` promises to survive: the rows N of its faults."""

import re
import resource
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.connection import Connection
from support.project import write
from support.server_process import ServerProcess
from support.trouble import stopped, workers_of

APP = """
import socket
from tornado.tcpclient import TCPClient
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler

class Main(RequestHandler):
    def get(self):
        self.write("main")

    def post(self):
        self.write(self.request.body)

class Large(RequestHandler):
    async def get(self):
        for _ in range(64):
            self.write(bytes(1 << 20))
            await self.flush()

class Other(RequestHandler):
    async def get(self):
        listener = socket.create_server(("127.0.0.1", 0))
        stream = await TCPClient().connect(*listener.getsockname())
        listener.accept()[0].close()
        await stream.read_bytes(1)

class Socket(WebSocketHandler):
    def on_message(self, message):
        self.write_message(message)

def make_app():
    return Application([("/", Main), ("/large", Large), ("/socket", Socket), ("/smuggled", Main), ("/other", Other)])
"""
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = write(tmp_path_factory.mktemp("project"), {"main.py": APP})
    with ServerProcess("run", "--keep-alive", "4", cwd=folder) as server:
        server.wait_for("ready")
        yield server
        assert server.get().text == "main"
        assert server.stop() == 0


@pytest.fixture
def worker(server: ServerProcess) -> int:
    [worker] = workers_of(server)
    return worker


def descriptors_of(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def at_every_byte(server: ServerProcess, data: bytes) -> set[bytes]:
    """Send it on a connection for each place where it can be cut in two; return the different answers."""
    port = server.port
    with ExitStack() as stack:
        clients = [stack.enter_context(Connection(port)) for _ in data]
        for cut, client in enumerate(clients):
            client.send(data[:cut])
        # The first parts have been read when this is answered.
        assert server.get().text == "main"
        for cut, client in enumerate(clients):
            client.send(data[cut:])
        return {re.sub(rb"X-Request-Id: \S+|Date: [^\r]+", b"", client.wait_for_clean_end()) for client in clients}


def test_a_flood_of_connections_that_are_kept_idle_ends_and_others_are_served(server: ServerProcess) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    port = server.port
    with ExitStack() as stack:
        flood = [stack.enter_context(Connection(port)) for _ in range(2000)]
        for client in flood:
            client.ask()
        for client in flood:
            assert client.answer().status == 200
        assert server.get().text == "main"
        for client in flood:
            assert client.wait_for_clean_end() == b""


REQUEST = b"POST / HTTP/1.1\r\nHost: localhost\r\n%sConnection: close\r\n\r\n%s"


@pytest.mark.parametrize(
    "body",
    [
        (b"Content-Length: 5\r\n", b"hello"),
        (b"Transfer-Encoding: chunked\r\n", b"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"),
        (b"Transfer-Encoding: chunked\r\n", b"0003;name=value\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"),
    ],
    ids=["length", "chunks", "extension"],
)
def test_it_makes_no_difference_where_a_request_is_cut(server: ServerProcess, body: tuple[bytes, bytes]) -> None:
    answers = at_every_byte(server, REQUEST % body)
    if b";" in body[1]:
        # Tornado knows no extensions of chunks.
        assert {answer[:12] for answer in answers} == {b"HTTP/1.1 400"}
    else:
        [answer] = answers
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert answer.endswith(b"\r\n\r\nhello")


AMBIGUOUS = {
    "a length and chunks": (b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    "chunks and a length": (b"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n", b"0\r\n\r\n"),
    "two lengths": (b"Content-Length: 0\r\nContent-Length: 44\r\n", b""),
    "two lengths in one": (b"Content-Length: 0, 44\r\n", b""),
    "a length with a sign": (b"Content-Length: +0\r\n", b""),
    "a length below zero": (b"Content-Length: -1\r\n", b""),
    "a length in hexadecimal": (b"Content-Length: 0x0\r\n", b""),
    "a length with an underscore": (b"Content-Length: 4_4\r\n", b""),
    "a length in other digits": ("Content-Length: \u0664".encode() + b"\r\n", b""),
    "an empty length": (b"Content-Length: \r\n", b""),
    "chunks twice": (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    "chunks in a list": (b"Transfer-Encoding: chunked, identity\r\n", b"0\r\n\r\n"),
    "chunks of another kind": (b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n"),
    "chunks with a control byte": (b"Transfer-Encoding: \x0bchunked\r\n", b"0\r\n\r\n"),
    "a space before the colon": (b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n"),
    "a folded line": (b"Content-Length: 4\r\n 4\r\n", b""),
    "a line without a colon": (b"Content-Length\r\n", b""),
    "a name that is none": (b"Content\x00-Length: 5\r\n", b""),
    "a size with a sign": (b"Transfer-Encoding: chunked\r\n", b"+0\r\n\r\n"),
    "a size with a prefix": (b"Transfer-Encoding: chunked\r\n", b"0x0\r\n\r\n"),
    "a size with a space": (b"Transfer-Encoding: chunked\r\n", b"0 \r\n\r\n"),
    "a size that is none": (b"Transfer-Encoding: chunked\r\n", b"zero\r\n\r\n"),
    "a size without end": (b"Transfer-Encoding: chunked\r\n", b"0" * 100),
    "a chunk that is longer than it says": (b"Transfer-Encoding: chunked\r\n", b"1\r\nxx\r\n0\r\n\r\n"),
    "a chunk that ends by a line feed": (b"Transfer-Encoding: chunked\r\n", b"1\r\nx\n0\r\n\r\n"),
    "a field behind the chunks": (b"Transfer-Encoding: chunked\r\n", b"0\r\nX-Trailer: 1\r\n\r\n"),
}


@pytest.mark.parametrize("kind", AMBIGUOUS)
def test_where_a_request_ends_is_never_in_doubt(server: ServerProcess, kind: str) -> None:
    head, body = AMBIGUOUS[kind]
    data = b"POST / HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n" + body
    for answer in at_every_byte(server, data + SMUGGLED):
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert answer.count(b"HTTP/1.1 ") == 1
    assert not server.seen("access", path="/smuggled")


def test_a_client_that_breaks_off_in_the_middle_of_an_answer_leaves_nothing(server: ServerProcess, worker: int) -> None:
    with server.connect() as steady:
        assert steady.get().text == "main"
        before = descriptors_of(worker)
        for number in range(1, 21):
            with server.connect() as client:
                client.ask("/large")
                client.read(100_000)
                client.reset()
            server.wait_for_all(number, {"event": "access", "path": "/large"})
            assert steady.get().text == "main"
        assert descriptors_of(worker) <= before
    assert not [event for event in server.events if event.get("traceback")]


def test_another_connection_that_breaks_off_under_a_handler_is_its_own_failure(server: ServerProcess) -> None:
    assert server.get("/other").status == 500
    server.wait_for("access", path="/other")
    assert any("StreamClosedError" in str(event.get("traceback")) for event in server.events)


@pytest.mark.parametrize(
    "data",
    [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        b"hello\r\n\r\n",
    ],
    ids=["HTTP/2", "TLS", "neither"],
)
def test_what_is_no_http_1_is_answered_400(server: ServerProcess, data: bytes) -> None:
    with server.connect() as client:
        client.send(data)
        assert client.wait_for_clean_end().startswith(b"HTTP/1.1 400 ")
    assert server.wait_for("malformed_request")["level"] == "info"


def test_requests_that_cannot_be_understood_are_told_of_once_and_counted(tmp_path: Path) -> None:
    with ServerProcess("run", cwd=write(tmp_path, {"main.py": APP})) as server:
        server.wait_for("ready")
        for _ in range(50):
            with server.connect() as client:
                client.send(b"hello\r\n\r\n")
                client.wait_for_clean_end()
        assert server.get("/last").status == 404
        server.wait_for("access", path="/last")
        # What was answered goes to the log before what was said.
        server.wait_for("malformed_request")
        [told] = server.seen("malformed_request")
        assert told["client"] == "127.0.0.1"
        assert "Malformed HTTP request line" in str(told["message"])
        assert not [event for event in server.events if event.get("logger") == "tornado.general"]
        assert server.stop() == 0
        # The others at the end, at last.
        assert [event["untold"] for event in server.seen("malformed_request")] == [0, 48]


def test_clients_that_overflow_the_queue_of_stopped_workers_are_all_served_in_the_end(tmp_path: Path) -> None:
    folder = write(tmp_path, {"main.py": APP})
    with ServerProcess("run", "--backlog", "8", "--workers", "2", cwd=folder) as server, ExitStack() as stack:
        server.wait_for_all(2, {"event": "worker_ready"})
        with stopped(*workers_of(server)):
            clients = [stack.enter_context(socket.socket()) for _ in range(40)]
            for client in clients:
                client.setblocking(False)
                client.connect_ex(("127.0.0.1", server.port))
        for client in clients:
            client.setblocking(True)
            client.settimeout(20)
        for client in clients:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
        assert server.stop(signal.SIGTERM) == 0
