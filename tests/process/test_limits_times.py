"""Clients that take too long: cut off with an answer where they wait for one, while others are served."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from support.project import write
from support.server_process import ServerProcess

APP = """
import asyncio
import time
from tornado.web import Application, RequestHandler, stream_request_body

class Main(RequestHandler):
    def get(self):
        self.write("main")

    def post(self):
        self.write(str(len(self.request.body)))

class Slow(RequestHandler):
    async def get(self):
        await asyncio.sleep(1.5)
        self.write("slow")

class Block(RequestHandler):
    def get(self):
        print("loop is held")
        # Not by await: nothing else shall run.
        time.sleep(0.4)
        self.write("block")

class Large(RequestHandler):
    async def get(self):
        try:
            for _ in range(64):
                self.write(bytes(1 << 20))
                await self.flush()
        finally:
            print("large has ended")

@stream_request_body
class Stream(RequestHandler):
    async def data_received(self, chunk):
        # Whoever waits for us is not to blame.
        await asyncio.sleep(1.5)

    def post(self):
        self.write("streamed")

    def on_connection_close(self):
        print("stream was told")

def make_app():
    return Application([("/", Main), ("/slow", Slow), ("/block", Block), ("/large", Large), ("/stream", Stream)])
"""
TIMES = ("--header-timeout", "0.6", "--keep-alive", "1.5", "--body-timeout", "0.9")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = write(tmp_path_factory.mktemp("project"), {"main.py": APP})
    with ServerProcess("run", *TIMES, cwd=folder) as server:
        server.wait_for("ready")
        yield server
        assert server.get().text == "main"
        assert server.stop() == 0


def test_a_request_that_is_not_complete_in_time_is_answered_408(server: ServerProcess) -> None:
    with server.connect() as client:
        began = time.monotonic()
        client.send(b"GET / HTTP/1.1\r\nHost: local")
        answer = client.wait_for_clean_end()
        assert time.monotonic() - began >= 0.5
    assert answer.startswith(b"HTTP/1.1 408 ")
    server.wait_for("slow_headers", client="127.0.0.1", status=408)


def test_a_trickle_of_headers_does_not_buy_time(server: ServerProcess) -> None:
    with server.connect() as client:
        began = time.monotonic()
        client.trickle(b"G" * 1000, pause=0.02)
        assert client.wait_for_end().startswith(b"HTTP/1.1 408 ")
        assert 0.5 <= time.monotonic() - began < 10


def test_a_connection_that_brings_nothing_is_closed_without_a_word(server: ServerProcess) -> None:
    with server.connect() as client:
        assert client.wait_for_clean_end() == b""


def test_a_kept_connection_that_brings_nothing_more_is_closed_without_a_word(server: ServerProcess) -> None:
    with server.connect() as client:
        assert client.get().text == "main"
        time.sleep(0.8)
        # That is more than a first request may take.
        assert client.get().text == "main"
        assert client.wait_for_clean_end() == b""


def test_a_body_that_stands_still_is_answered_408(server: ServerProcess) -> None:
    with server.connect() as client:
        client.ask("/", method="POST", Content_Length="1000")
        client.send(b"x" * 500)
        answer = client.answer()
        assert (answer.status, answer.headers["connection"]) == (408, "close")
        assert client.wait_for_clean_end() == b""
    server.wait_for("slow_body", client="127.0.0.1", status=408)
    assert server.wait_for("access", status=408)["path"] == "/"


def test_a_body_may_begin_like_a_handshake_of_tls(server: ServerProcess) -> None:
    with server.connect() as client:
        client.ask("/stream", method="POST", Content_Length="8")
        client.send(b"\x16\x03\x01\x02")
        # While the handler takes its time over these, the others are looked at.
        client.send(b"\x16\x03\x01\x02")
        assert client.answer().text == "streamed"


def test_a_request_that_was_read_a_moment_ago_is_no_handshake(server: ServerProcess) -> None:
    with server.connect() as client, server.connect() as other:
        other.ask("/block")
        server.wait_for(message="loop is held")
        # When the loop goes on it reads this, and looks at all connections before anybody has seen the request.
        client.send(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n\x16\x03\x01\x02")
        assert client.answer().text == "4"


def test_a_body_that_comes_slowly_and_steadily_is_taken(server: ServerProcess) -> None:
    with server.connect() as client:
        client.ask("/", method="POST", Content_Length="10")
        client.trickle(b"x" * 10, pause=0.12)
        assert client.answer().text == "10"


def test_a_handler_that_takes_its_time_over_the_body_has_it(server: ServerProcess) -> None:
    with server.connect() as client:
        client.ask("/stream", method="POST", Content_Length="10")
        client.send(b"x" * 10)
        assert client.answer().text == "streamed"


def test_a_handler_that_takes_its_body_in_pieces_is_told_of_the_end(server: ServerProcess) -> None:
    with server.connect() as client:
        client.ask("/stream", method="POST", Content_Length="10")
        assert client.answer().status == 408
    server.wait_for(message="stream was told")


def test_an_answer_that_takes_its_time_is_waited_for(server: ServerProcess) -> None:
    assert server.get("/slow").text == "slow"


def test_a_client_that_does_not_read_its_answer_is_cut_off(server: ServerProcess) -> None:
    with server.connect() as client:
        client.ask("/large")
        server.wait_for("slow_reader", client="127.0.0.1")
        server.wait_for(message="large has ended")


def test_a_client_that_reads_slowly_and_steadily_gets_all_of_it(server: ServerProcess) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        size = 0
        while data := client.recv(1 << 20):
            size += len(data)
            time.sleep(0.02)
    assert size > 64 << 20


def test_idle_connections_cost_others_nothing(server: ServerProcess) -> None:
    with ExitStack() as stack:
        idle = [stack.enter_context(server.connect()) for _ in range(300)]
        assert server.get().text == "main"
        for client in idle:
            assert client.wait_for_clean_end() == b""
    assert server.get().text == "main"
