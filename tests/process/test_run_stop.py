"""`tcli run`: what runs is finished, what waits is told, and nothing is left."""

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.connection import Connection
from support.outside import is_thorough
from support.project import app_that_says, write
from support.server_process import ServerProcess

NEVER_ANSWERS = """
import asyncio
from tornado.web import Application, RequestHandler

class Main(RequestHandler):
    async def post(self):
        await asyncio.Event().wait()

def make_app():
    return Application([("/", Main)])
"""
BLOCKS = NEVER_ANSWERS.replace("await asyncio.Event().wait()", "__import__('time').sleep(3600)")


def is_answered(port: int) -> bool:
    """Whether a new client is served; if it is not refused either, and its queue not closed, this waits in vain."""
    try:
        with Connection(port) as client:
            client.ask(Connection="close")
            return client.wait_for_end() != b""
    except ConnectionError:
        return False


def wait_until_turned_away(port: int) -> None:
    while is_answered(port):
        """It came before the drain."""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_answers_what_is_in_flight_and_ends_with_0(tmp_path: Path, number: signal.Signals) -> None:
    write(tmp_path, {"main.py": app_that_says("one")})
    with ServerProcess("run", cwd=tmp_path) as server:
        server.wait_for("ready")
        with server.connect() as idle, server.connect() as busy:
            assert idle.get().text == "one"
            busy.begin_upload("/", 4)
            server.send(number)
            # The end of the idle connection says that the drain has begun.
            assert idle.wait_for_end() == b""
            idle.close()
            wait_until_turned_away(server.port)
            busy.send(b"four")
            answer = busy.answer()
            assert (answer.text, answer.headers["connection"]) == ("4", "close")
            assert busy.wait_for_end() == b""
        assert server.wait_for_exit() == 0
        server.wait_for("stopped", code=0)
        server.wait_until_nothing_is_left(2.0)


def test_an_idle_connection_may_bring_one_last_request(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("one")})
    with ServerProcess("run", cwd=tmp_path) as server:
        server.wait_for("ready")
        with server.connect() as kept:
            assert kept.get().text == "one"
            server.send(signal.SIGTERM)
            wait_until_turned_away(server.port)
            answer = kept.get()
            assert (answer.text, answer.headers["connection"]) == ("one", "close")
            assert kept.wait_for_end() == b""
        assert server.wait_for_exit() == 0


def test_an_idle_stop_takes_less_than_a_second(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("one")})
    with ServerProcess("run", "--workers", "2", cwd=tmp_path) as server:
        server.wait_for("ready")
        with server.connect() as idle:
            assert idle.get().text == "one"
        assert server.stop() == 0
        told, done = server.wait_for("stopping"), server.wait_for("stopped")
        # To the second is enough: a wait for a time-out would be seen.
        assert int(str(done["time"])[17:19]) - int(str(told["time"])[17:19]) in {0, 1, -59}


def test_a_request_that_does_not_end_is_cut_after_the_graceful_timeout(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": NEVER_ANSWERS})
    with ServerProcess("run", "--graceful-timeout", "0.3", cwd=tmp_path) as server:
        server.wait_for("ready")
        with server.connect() as busy:
            busy.begin_upload("/", 1)
            busy.send(b"x")
            server.send(signal.SIGTERM)
            assert busy.wait_for_end() == b""
        assert server.wait_for_exit() == 0


def test_a_blocked_worker_is_killed_after_the_graceful_timeout_and_the_log_says_so(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": BLOCKS})
    with ServerProcess("run", "--graceful-timeout", "0.3", cwd=tmp_path) as server:
        server.wait_for("ready")
        with server.connect() as busy:
            busy.begin_upload("/", 1)
            busy.send(b"x")
            server.send(signal.SIGTERM)
            assert busy.wait_for_end() == b""
        assert server.wait_for_exit() == 0
        server.wait_for("worker_killed")


def test_a_second_int_ends_it_at_once_with_130(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": NEVER_ANSWERS})
    with ServerProcess("run", cwd=tmp_path) as server:
        server.wait_for("ready")
        with server.connect() as busy:
            busy.begin_upload("/", 1)
            busy.send(b"x")
            server.send(signal.SIGINT)
            server.wait_for("stopping")
            assert server.stop(signal.SIGINT) == 130


def test_quit_ends_it_at_once(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": NEVER_ANSWERS})
    with ServerProcess("run", cwd=tmp_path) as server:
        server.wait_for("ready")
        with server.connect() as busy:
            busy.begin_upload("/", 1)
            assert server.stop(signal.SIGQUIT) == 0
            assert busy.wait_for_end() == b""


def test_a_stop_while_a_worker_starts_is_a_stop(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": "print('importing', flush=True)\nimport time\ntime.sleep(3600)\n"})
    with ServerProcess("run", "main:make_app", cwd=tmp_path) as server:
        server.wait_for(message="importing")
        assert server.stop() == 0


@pytest.mark.parametrize("moment", ["listening", "workers", "starting", "worker_ready", "ready"])
def test_a_stop_at_any_moment_of_the_start_leaves_nothing(tmp_path: Path, moment: str) -> None:
    write(tmp_path, {"main.py": app_that_says("one")})

    def start_and_stop(pause: int) -> None:
        with ServerProcess("run", cwd=tmp_path, alone=True) as server:
            server.wait_for(moment)
            _spin(pause * 9_000)
            assert server.stop() == 0
            assert not server.tree(), server.told()
            server.assert_port_is_free()

    # Side by side they meet ever other moments.
    with ThreadPoolExecutor(3) as several:
        list(several.map(start_and_stop, range(6) if is_thorough() else (0, 3)))


def _spin(times: int) -> None:
    for _ in range(times):
        signal.getsignal(signal.SIGTERM)


def test_a_stop_before_anything_is_set_up_leaves_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("one")})
    with ServerProcess("run", cwd=tmp_path) as server:
        assert server.stop() in {0, -signal.SIGTERM}
        assert not server.tree()


def test_a_websocket_is_told_that_the_server_goes_away(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": WEBSOCKET})
    with ServerProcess("run", cwd=tmp_path) as server:
        server.wait_for("ready")
        with server.connect() as client:
            client.open_websocket()
            server.send(signal.SIGTERM)
            assert client.wait_for_close_frame() == 1001
        assert server.wait_for_exit() == 0


WEBSOCKET = """
from tornado.web import Application
from tornado.websocket import WebSocketHandler

class Echo(WebSocketHandler):
    def on_message(self, message):
        self.write_message(message)

def make_app():
    return Application([("/", Echo)])
"""
