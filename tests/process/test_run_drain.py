"""`tcli run` at a stop: who waits is answered, who is idle is told, and nobody sees a reset."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.certificates import certificate
from support.connection import Connection
from support.project import Gate, write
from support.server_process import ServerProcess, seconds_between
from support.trouble import workers_of

APP = """
import asyncio, contextlib, time
from tornado.ioloop import IOLoop
from tornado.iostream import StreamClosedError
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler

class Main(RequestHandler):
    def get(self):
        self.write("one")

    async def post(self):
        self.write(str(len(self.request.body)))

class Stream(RequestHandler):
    async def get(self, name):
        for number in range(3):
            self.write(f"part {number};")
            await self.flush()
            if number == 0:
                await asyncio.to_thread(lambda: open(name).read())

class Keep(RequestHandler):
    streams = []

    def get(self):
        self.streams.append(self.request.connection.stream)
        self.write("kept")

class Hold(RequestHandler):
    async def get(self, name):
        await asyncio.to_thread(lambda: open(name).read())
        print("loop is held", flush=True)
        # Not by await: nothing else shall run.
        time.sleep(0.8)
        # The end of one connection has all others looked at, just when a request of one has been read.
        goes, asks = Keep.streams
        goes.close()
        await asyncio.sleep(0)
        asks._handle_events(asks.fileno(), IOLoop.READ)
        self.write("held")

class Forever(RequestHandler):
    async def get(self):
        print("in flight", flush=True)
        await asyncio.Event().wait()

class Echo(WebSocketHandler):
    def on_message(self, message):
        self.write_message(message)

@contextlib.asynccontextmanager
async def lifespan(app):
    task = asyncio.create_task(asyncio.Event().wait())
    yield
    print("lifespan left", flush=True)

def make_app():
    routes = [("/", Main), ("/stream/(.*)", Stream), ("/keep", Keep), ("/hold/(.*)", Hold), ("/forever", Forever)]
    return Application([*routes, ("/ws", Echo)])
"""
GOING_AWAY = 1001


@contextmanager
def running(folder: Path, *options: str) -> Iterator[ServerProcess]:
    write(folder, {"main.py": APP})
    with ServerProcess("run", "main:make_app", *options, cwd=folder) as server:
        server.wait_for("ready")
        yield server


def test_connections_that_are_queued_when_it_stops_are_answered(tmp_path: Path) -> None:
    with running(tmp_path, "--hang-timeout", "0") as server, ExitStack() as stack:
        [worker] = workers_of(server)
        os.kill(worker, signal.SIGSTOP)
        clients = [stack.enter_context(server.connect()) for _ in range(40)]
        for client in clients:
            client.ask(Connection="close")
        server.send(signal.SIGTERM)
        server.wait_for("stopping")
        os.kill(worker, signal.SIGCONT)
        for client in clients:
            assert client.answer().text == "one"
            assert client.wait_for_clean_end() == b""
        assert server.wait_for_exit() == 0
        assert not server.seen("worker_killed")


def test_pipelined_requests_are_all_answered(tmp_path: Path) -> None:
    with (
        running(tmp_path, "--keep-alive-linger", "0") as server,
        server.connect() as idle,
        server.connect() as client,
    ):
        assert idle.get().text == "one"
        client.begin_upload("/", 1)
        server.send(signal.SIGTERM)
        # This end says that the drain has begun.
        assert idle.wait_for_clean_end() == b""
        client.send(b"x" + b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 3)
        # RFC 9112 section 9.6: after the one that says `close` nothing more would be answered.
        *bodies, last = client.wait_for_clean_end().split(b"HTTP/1.1 200 OK\r\n")[1:]
        assert [body.rpartition(b"\r\n")[2] for body in (*bodies, last)] == [b"1", b"one", b"one", b"one"]
        assert [b"Connection: close" in body for body in (*bodies, last)] == [False, False, False, True]
        # A client that has its answer and does not go is waited for.
        client.close()
        assert server.wait_for_exit() == 0


def test_a_stream_is_finished(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    with running(tmp_path) as server, server.connect() as client:
        client.ask(f"/stream/{tmp_path / 'gate'}", Connection="close")
        gate.wait_for_somebody()
        server.send(signal.SIGTERM)
        server.wait_for("stopping")
        gate.open()
        assert client.answer().text == "part 0;part 1;part 2;"
        assert server.wait_for_exit() == 0


@pytest.mark.parametrize("is_tls", [False, True], ids=["plain", "tls"])
def test_an_idle_connection_sees_a_clean_end_after_the_linger(tmp_path: Path, is_tls: bool) -> None:
    # N7
    options = ["--keep-alive-linger", "0.3"]
    if is_tls:
        now = datetime.now(UTC)
        made = certificate("localhost", not_before=now - timedelta(days=1), not_after=now + timedelta(days=90))
        made.write_to(tmp_path)
        options += ["--certfile", "site.pem", "--keyfile", "site.key"]
    with running(tmp_path, *options) as server, server.connect() as kept, server.connect() as brings_one:
        assert kept.get().text == brings_one.get().text == "one"
        server.send(signal.SIGTERM)
        told = server.wait_for("stopping")
        while brings_one.get().headers.get("connection") != "close":
            """It came before the drain."""
        # TLS says so itself; here a reset, or an end without close_notify, is an error.
        assert kept.wait_for_clean_end() == b""
        kept.close()
        brings_one.close()
        assert server.wait_for_exit() == 0
        assert 0.2 < seconds_between(told, server.wait_for("stopped")) < 5


def test_a_request_that_was_read_a_moment_ago_is_answered(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    with running(tmp_path, "--keep-alive-linger", "0.5") as server, ExitStack() as stack:
        goes, asks, holds, probes = (stack.enter_context(server.connect()) for _ in range(4))
        assert goes.get("/keep").text == asks.get("/keep").text == "kept"
        holds.ask(f"/hold/{tmp_path / 'gate'}")
        gate.wait_for_somebody()
        server.send(signal.SIGTERM)
        while probes.get().headers.get("connection") != "close":
            """The drain has not begun."""
        gate.open()
        server.wait_for(message="loop is held")
        asks.ask()
        assert asks.answer().text == "one"
        assert holds.answer().text == "held"


def test_websockets_are_told_one_after_the_other(tmp_path: Path) -> None:
    # N9
    with running(tmp_path, "-w", "2", "--ws-close-spread", "0.6") as server, ExitStack() as stack:
        clients = [stack.enter_context(server.connect()) for _ in range(6)]
        for client in clients:
            client.open_websocket("/ws")
        server.send(signal.SIGTERM)
        told = server.wait_for("stopping")
        for client in clients:
            assert client.wait_for_close_frame() == GOING_AWAY
            # A close frame of a client: masked, with a mask of zeros.
            client.send(b"\x88\x82\0\0\0\0" + GOING_AWAY.to_bytes(2, "big"))
        assert server.wait_for_exit() == 0
        assert seconds_between(told, server.wait_for("stopped")) > 0.3
        assert not server.seen("unfinished")


def test_it_serves_on_for_the_drain_delay(tmp_path: Path) -> None:
    with running(tmp_path, "--drain-delay", "0.7", "--keep-alive-linger", "0.1") as server:
        port = server.port
        server.send(signal.SIGTERM)
        told = server.wait_for("stopping")
        with Connection(port) as client:
            first, second = client.get(), client.get()
            assert first.text == second.text == "one"
            assert "connection" not in first.headers
            assert client.wait_for_end() == b""
        assert server.wait_for_exit() == 0
        assert 0.7 <= seconds_between(told, server.wait_for("stopped")) < 5
        with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            """Nobody is there."""


def test_the_lifespan_is_left_and_tasks_are_cancelled(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        assert server.stop() == 0
        server.wait_for(message="lifespan left")


def test_what_is_not_finished_in_time_is_named(tmp_path: Path) -> None:
    with running(tmp_path, "--graceful-timeout", "0.3") as server, server.connect() as client:
        client.ask("/forever?token=secret")
        server.wait_for(message="in flight")
        server.send(signal.SIGTERM)
        assert client.wait_for_end() == b""
        assert server.wait_for_exit() == 0
        unfinished = str(server.wait_for("unfinished", level="warning")["message"])
        assert "GET /forever" in unfinished
        assert "secret" not in unfinished
        server.wait_for(message="lifespan left")


def test_a_new_client_is_refused_once_the_queue_is_taken(tmp_path: Path) -> None:
    with running(tmp_path, "-w", "2") as server, server.connect() as busy:
        port = server.port
        busy.begin_upload("/", 4)
        server.send(signal.SIGTERM)
        while is_served(port):
            """It came before the last close."""
        with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            """Refused, and not left hanging."""
        busy.send(b"four")
        assert busy.answer().text == "4"
        busy.close()
        assert server.wait_for_exit() == 0


def is_served(port: int) -> bool:
    try:
        with Connection(port) as client:
            return client.get(Connection="close").text == "one"
    except ConnectionError:
        return False
