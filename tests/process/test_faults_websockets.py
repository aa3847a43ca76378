"""WebSocket clients that break the rules of RFC 6455: their connection ends, and nothing else does."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.connection import Connection
from support.process_tree import resident_kib
from support.project import write
from support.server_process import ServerProcess
from support.trouble import workers_of

APP = """
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler

class Main(RequestHandler):
    def get(self):
        self.write("main")

class Echo(WebSocketHandler):
    def on_message(self, message):
        self.write_message(message)

class Settings(RequestHandler):
    def get(self):
        self.write({name: value for name, value in self.settings.items() if name.startswith("websocket_")})

def make_app():
    return Application(
        [("/", Main), ("/echo", Echo), ("/settings", Settings)],
        websocket_ping_interval=50, websocket_max_message_size=5000,
    )
"""
TEXT, CLOSE, PING = 1, 8, 9
CODES = {1002, 1007, 1009}
"""What RFC 6455, 7.4.1 has for them. To end without a word is allowed as well (7.1.7), and what Tornado mostly does."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("project"), {"main.py": APP})


@pytest.fixture(scope="module")
def server(project: Path) -> Iterator[ServerProcess]:
    with ServerProcess("run", "--ws-max-message-size", "1", cwd=project) as server:
        server.wait_for("ready")
        yield server
        assert server.get().text == "main"
        assert not [event for event in server.events if event.get("traceback")]
        assert server.stop() == 0


@pytest.fixture(scope="module")
def port(server: ServerProcess) -> int:
    return server.port


def frame(kind: int, data: bytes = b"", *, reserved: int = 0, is_last: bool = True) -> bytes:
    """Make a frame as a client sends it, masked with zeros: RFC 6455, 5.2."""
    first, mask = (0x80 if is_last else 0) | reserved << 4 | kind, 0x80
    size = len(data)
    if size < 126:
        head = bytes([first, mask | size])
    elif size < 1 << 16:
        head = bytes([first, mask | 126]) + size.to_bytes(2, "big")
    else:
        head = bytes([first, mask | 127]) + size.to_bytes(8, "big")
    return head + bytes(4) + data


small = st.binary(max_size=100)
not_text = small.filter(lambda data: not _is_text(data))


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except ValueError:
        return False
    return True


# Not among them: a frame that is not masked, which Tornado reads like any other.
FAULTS = {
    "reserved bits": st.builds(frame, st.just(TEXT), small, reserved=st.integers(1, 7)),
    "unknown kinds": st.builds(frame, st.sampled_from([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]), small),
    "fragments of control frames": st.builds(frame, st.sampled_from([CLOSE, PING]), small, is_last=st.just(False)),
    "long control frames": st.builds(frame, st.sampled_from([CLOSE, PING]), st.binary(min_size=126, max_size=200)),
    "a continuation of nothing": st.builds(frame, st.just(0), small),
    "a message within a message": st.builds(
        lambda data: frame(TEXT, data, is_last=False) + frame(TEXT, data), st.binary(max_size=20)
    ),
    "broken text": st.builds(frame, st.just(TEXT), not_text),
    # Not `just`, which would be shown with all of it.
    "too large": st.builds(lambda: frame(2, bytes((1 << 20) + 1))),
    "endless": st.just(b"\x82\xff" + b"\x7f" + b"\xff" * 7 + bytes(4)),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_frame_that_breaks_the_rules_ends_its_connection_alone(port: int, fault: str) -> None:
    with Connection(port) as bystander:
        bystander.open_websocket("/echo")

        @settings(max_examples=10, suppress_health_check=list(HealthCheck))
        @given(FAULTS[fault])
        def check(data: bytes) -> None:
            with Connection(port) as client:
                client.open_websocket("/echo")
                # It may end while a large one is still being sent.
                with suppress(ConnectionError):
                    client.send(data)
                answer = client.wait_for_end()
            assert not answer or code_of(answer) in CODES

        check()
        bystander.send_message("still here")
        assert bystander.read_message() == "still here"


def code_of(answer: bytes) -> int:
    assert answer[0] == 0x80 | CLOSE
    return int.from_bytes(answer[2:4], "big")


def test_a_flood_of_pings_is_answered_and_takes_no_memory(server: ServerProcess, port: int) -> None:
    [worker] = workers_of(server)
    before = resident_kib(worker)
    ping = frame(PING, bytes(125))
    with Connection(port) as client:
        client.open_websocket("/echo")
        for _ in range(50):
            client.send(ping * 200)
            client.read(200 * 127)
    assert resident_kib(worker) - before < 8 * 1024


def test_what_is_too_large_takes_no_memory(server: ServerProcess, port: int) -> None:
    [worker] = workers_of(server)
    before = resident_kib(worker)
    for _ in range(20):
        with Connection(port) as client:
            client.open_websocket("/echo")
            client.send(frame(2, bytes(900_000), is_last=False) + frame(0, bytes(900_000)))
            client.wait_for_end()
    assert resident_kib(worker) - before < 16 * 1024


def test_options_set_what_the_application_has_set_and_leave_the_rest(server: ServerProcess, project: Path) -> None:
    assert server.get("/settings").json == {"websocket_ping_interval": 50, "websocket_max_message_size": 1 << 20}
    pings = ("--ws-ping-interval", "0.3", "--ws-ping-timeout", "0.2")
    with ServerProcess("run", *pings, cwd=project) as another, another.connect() as client:
        client.open_websocket("/echo")
        # A ping comes, and who does not answer it is gone.
        kind, size = client.read(2)
        assert kind == 0x80 | PING
        client.read(size)
        assert client.wait_for_close_frame() in {1000, 1001, 1002, 1006}
        assert another.get("/settings").json == {
            "websocket_ping_interval": 0.3, "websocket_ping_timeout": 0.2, "websocket_max_message_size": 5000
        }  # fmt: skip
