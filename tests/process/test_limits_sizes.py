"""Requests that are too large for `tcli run`: each is refused by the right status, and nobody else is touched."""

import signal
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.connection import Answer, Connection
from support.process_tree import resident_kib
from support.project import write
from support.server_process import ServerProcess
from support.trouble import workers_of

APP = """
from tornado.web import Application, RequestHandler, stream_request_body

class Main(RequestHandler):
    def get(self):
        self.write("main")

    def post(self):
        self.write(str(len(self.request.body)))

class Form(RequestHandler):
    def post(self):
        self.write(str(len(self.request.arguments) + len(self.request.files)))

@stream_request_body
class Stream(RequestHandler):
    def prepare(self):
        self.size = 0
        self.request.connection.set_max_body_size(1 << 40)

    def data_received(self, chunk):
        self.size += len(chunk)

    def post(self):
        self.write(str(self.size))

class Large(Application):
    def find_handler(self, request, **kwargs):
        if request.path == "/large":
            request.connection.set_max_body_size(4 << 20)
        return super().find_handler(request, **kwargs)

def make_app():
    return Large([("/stream", Stream), ("/form", Form), ("/.*", Main)])
"""
LIMIT = 1024 * 1024
"""Bytes of a body, here."""


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    # A folder with a short name: pytest's own may be longer than a socket's path can be.
    with tempfile.TemporaryDirectory(prefix="tcli") as name:
        folder = write(Path(name), {"main.py": APP})
        binds = ("--bind", "127.0.0.1:0", "--bind", "unix:plain.sock")
        with ServerProcess("run", "--ssl", "--max-body-size", "1", *binds, cwd=folder, port=None) as server:
            server.wait_for("ready")
            yield server
            with Connection(folder / "plain.sock") as client:
                assert client.get().text == "main"
            assert server.stop() == 0


@pytest.fixture(params=["plain", "TLS"])
def client(request: pytest.FixtureRequest, server: ServerProcess) -> Iterator[Connection]:
    plain = server.folder / "plain.sock"
    with Connection(server.port, tls=True) if request.param == "TLS" else Connection(plain) as client:
        yield client


def refused(client: Connection) -> Answer:
    """Return the answer after which the connection ends."""
    answer = client.answer()
    assert answer.headers["connection"] == "close"
    assert client.wait_for_clean_end() == b""
    return answer


@pytest.mark.parametrize("size", [33 * 1024, 64 * 1024, 1024 * 1024])
def test_a_header_block_that_is_too_large_is_refused_with_431(client: Connection, size: int) -> None:
    client.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: " + b"x" * size + b"\r\n\r\n")
    answer = refused(client)
    assert answer.status == 431
    assert "larger than 32 KiB" in answer.text
    assert "--max-header-size" in answer.text


def test_a_header_block_that_is_just_small_enough_is_taken(client: Connection) -> None:
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: %s\r\n\r\n"
    client.send(head % (b"x" * (32 * 1024 - len(head) + 2)))
    assert client.answer().status == 200


@pytest.mark.parametrize("names", ["X-{}", "X-Same"])
def test_more_header_fields_than_100_are_refused_with_431(client: Connection, names: str) -> None:
    fields = [f"{names.format(number)}: 1\r\n" for number in range(99)]
    client.send(f"GET / HTTP/1.1\r\nHost: localhost\r\n{''.join(fields)}\r\n".encode())
    assert client.answer().status == 200
    client.send(f"GET / HTTP/1.1\r\nHost: localhost\r\nX-More: 1\r\n{''.join(fields)}\r\n".encode())
    answer = client.answer()
    assert answer.status == 431
    assert "more than 100 header fields" in answer.text
    # It was read whole: nothing keeps the connection from going on.
    assert client.get().text == "main"


def test_five_thousand_header_fields_are_refused_with_431(client: Connection) -> None:
    client.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X-Some: more\r\n" * 5000 + b"\r\n")
    assert refused(client).status == 431


@pytest.mark.parametrize("size", [8 * 1024 + 1, 20 * 1024, 64 * 1024])
def test_a_target_that_is_too_long_is_refused_with_414(client: Connection, size: int) -> None:
    client.ask("/" + "x" * (size - 1))
    answer = client.answer()
    assert answer.status == 414
    assert "--max-uri-size" in answer.text


def test_a_target_that_is_just_short_enough_is_taken(client: Connection) -> None:
    assert client.get("/" + "x" * (8 * 1024 - 1)).text == "main"


@pytest.mark.parametrize("size", [LIMIT + 1, 16 * LIMIT, 1 << 40, 10**30])
def test_a_body_that_is_too_large_is_refused_with_413(client: Connection, size: int) -> None:
    client.ask("/", method="POST", Content_Length=str(size))
    client.send(bytes(2 * LIMIT))
    answer = refused(client)
    assert answer.status == 413
    assert answer.text == (
        "The body of this request is larger than 1 MiB. That is the most this server takes (--max-body-size).\n"
    )


def test_a_client_that_asks_whether_it_may_send_is_told_413_and_not_to_go_on(client: Connection) -> None:
    client.ask("/", method="POST", Content_Length=str(LIMIT + 1), Expect="100-continue")
    assert client.wait_for_clean_end().startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("chunk", [100, 16 * 1024, 2 * LIMIT])
def test_a_chunked_body_that_becomes_too_large_is_refused_with_413(client: Connection, chunk: int) -> None:
    client.ask("/", method="POST", Transfer_Encoding="chunked")
    client.send((b"%x\r\n" % chunk + bytes(chunk) + b"\r\n") * (2 * LIMIT // chunk))
    assert refused(client).status == 413


def test_a_body_that_is_just_small_enough_is_taken(client: Connection) -> None:
    client.ask("/", method="POST", Content_Length=str(LIMIT))
    client.send(bytes(LIMIT))
    assert client.answer().text == str(LIMIT)
    client.ask("/", method="POST", Transfer_Encoding="chunked")
    client.send((b"10000\r\n" + bytes(65536) + b"\r\n") * 16 + b"0\r\n\r\n")
    assert client.answer().text == str(LIMIT)


@pytest.mark.parametrize("path", ["/stream", "/large"])
def test_a_handler_that_takes_its_body_in_pieces_and_a_size_that_the_application_sets_keep_their_own_limits(
    client: Connection, path: str
) -> None:
    client.ask(path, method="POST", Content_Length=str(3 * LIMIT))
    client.send(bytes(3 * LIMIT))
    assert client.answer().text == str(3 * LIMIT)
    client.ask(path, method="POST", Transfer_Encoding="chunked")
    client.send((b"300000\r\n" + bytes(3 * LIMIT) + b"\r\n") + b"0\r\n\r\n")
    assert client.answer().text == str(3 * LIMIT)


def test_a_size_that_the_application_sets_is_held(client: Connection) -> None:
    client.ask("/large", method="POST", Content_Length=str(5 * LIMIT))
    client.send(bytes(5 * LIMIT))
    assert client.wait_for_clean_end().startswith(b"HTTP/1.1 400 ")


def test_too_many_parts_and_arguments_are_refused_with_400(client: Connection) -> None:
    part = '--x\r\nContent-Disposition: form-data; name="n{}"\r\n\r\n1\r\n'
    parts = "".join(part.format(number) for number in range(200)) + "--x--\r\n"
    client.ask("/form", method="POST", Content_Length=str(len(parts)), Content_Type="multipart/form-data; boundary=x")
    client.send(parts.encode())
    assert client.answer().status == 400
    arguments = "&".join(f"a{number}=1" for number in range(2000))
    form = "application/x-www-form-urlencoded"
    client.ask("/form", method="POST", Content_Length=str(len(arguments)), Content_Type=form)
    client.send(arguments.encode())
    assert client.answer().status == 400


def test_what_is_too_large_takes_no_memory(server: ServerProcess, client: Connection) -> None:
    [worker] = workers_of(server)
    before = resident_kib(worker)
    with ExitStack() as stack:
        others = [stack.enter_context(Connection(server.folder / "plain.sock")) for _ in range(20)]
        for other in others:
            other.ask("/", method="POST", Transfer_Encoding="chunked")
            other.send((b"10000\r\n" + bytes(65536) + b"\r\n") * 64)
        assert {other.answer().status for other in others} == {413}
    assert client.get().text == "main"
    # Less than a fifth of what was sent, and no more than was allowed.
    assert resident_kib(worker) - before < 20 * LIMIT / 1024


HAS_LIMIT = """
import asyncio
from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler

class Main(RequestHandler):
    def post(self):
        self.write(str(len(self.request.body)))

async def main():
    HTTPServer(Application([("/", Main)]), **OPTIONS).listen(8888)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def test_a_server_that_the_application_makes_keeps_its_limit(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": HAS_LIMIT.replace("OPTIONS", f"{{'max_body_size': {2 * LIMIT}}}")})
    with ServerProcess("run", "--max-body-size", "1", cwd=tmp_path) as server, server.connect() as client:
        client.ask("/", method="POST", Content_Length=str(2 * LIMIT))
        client.send(bytes(2 * LIMIT))
        assert client.answer().text == str(2 * LIMIT)
        client.ask("/", method="POST", Content_Length=str(2 * LIMIT + 1))
        assert client.wait_for_clean_end().startswith(b"HTTP/1.1 400 ")


def test_a_body_that_unpacks_to_too_much_is_refused_with_413(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": HAS_LIMIT.replace("OPTIONS", "{'decompress_request': True}")})
    packer = zlib.compressobj(wbits=31)
    bomb = packer.compress(bytes(64 * LIMIT)) + packer.flush()
    with ServerProcess("run", "--max-body-size", "1", cwd=tmp_path) as server, server.connect() as client:
        client.ask("/", method="POST", Content_Length=str(len(bomb)), Content_Encoding="gzip")
        client.send(bomb)
        assert refused(client).status == 413


def test_limits_are_settings_like_others_and_a_reload_takes_new_ones(tmp_path: Path) -> None:
    settings = "[tool.tcli.run]\nmax-body-size = {}\n"
    write(tmp_path, {"main.py": APP, "pyproject.toml": settings.format(1)})
    with ServerProcess("run", cwd=tmp_path, env={"TCLI_RUN_MAX_URI_SIZE": "1"}) as server:
        server.wait_for("ready", generation=1)
        body = bytes(2 * LIMIT)
        with server.connect() as client:
            client.ask("/", method="POST", Content_Length=str(len(body)))
            client.send(body)
            assert client.answer().status == 413
        assert server.get("/" + "x" * 1024).status == 414
        write(tmp_path, {"pyproject.toml": settings.format(2.5)})
        server.send(signal.SIGHUP)
        server.wait_for("generation_left", generation=1)
        with server.connect() as client:
            client.ask("/", method="POST", Content_Length=str(len(body)))
            client.send(body)
            assert client.answer().text == str(len(body))
        assert server.stop() == 0
