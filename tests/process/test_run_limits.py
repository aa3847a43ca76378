"""`tcli run`: fair accepting over workers, and the path that says when they are ready."""

import itertools
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.connection import Answer, Connection
from support.load import SteadyClients
from support.project import app_that_says, write
from support.server_process import ServerProcess

CONNECTIONS = 64
Ask = Callable[[Connection], Answer]
OpenAll = Callable[[ServerProcess, ExitStack, Ask], list[Answer]]
TELLS_ITS_WORKER = """
import os
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler

class Tells:
    def set_default_headers(self):
        self.set_header("X-Worker", os.getpid())

class Main(Tells, RequestHandler):
    def get(self):
        pass

class Socket(Tells, WebSocketHandler):
    pass

def make_app():
    return Application([("/", Main), ("/ws", Socket)])
"""


def open_at_once(server: ServerProcess, stack: ExitStack, ask: Ask) -> list[Answer]:
    return [ask(client) for client in [stack.enter_context(server.connect()) for _ in range(CONNECTIONS)]]


def open_one_by_one(server: ServerProcess, stack: ExitStack, ask: Ask) -> list[Answer]:
    return [ask(stack.enter_context(server.connect())) for _ in range(CONNECTIONS)]


def keep(client: Connection) -> Answer:
    return client.get()


def open_websocket(client: Connection) -> Answer:
    return client.open_websocket("/ws")


USUAL = [(2, keep, open_one_by_one), (4, open_websocket, open_at_once)]
LESS_USUAL = [
    pytest.param(*case, marks=pytest.mark.thorough)
    for case in itertools.product((2, 4), (keep, open_websocket), (open_at_once, open_one_by_one))
    if case not in USUAL
]


@pytest.mark.parametrize(("workers", "ask", "open_all"), [*USUAL, *LESS_USUAL])
def test_connections_that_stay_are_shared_within_a_quarter_of_even(
    tmp_path: Path,
    workers: int,
    ask: Ask,
    open_all: OpenAll,
) -> None:
    write(tmp_path, {"main.py": TELLS_ITS_WORKER})
    with ServerProcess("run", "-w", str(workers), cwd=tmp_path) as server, ExitStack() as stack:
        server.wait_for("ready")
        answers = open_all(server, stack, ask)
        held = Counter(answer.headers["x-worker"] for answer in answers)
        even = CONNECTIONS / workers
        assert len(held) == workers
        assert all(0.75 * even <= count <= 1.25 * even for count in held.values()), held
        stack.close()
        assert server.stop() == 0


READY_LATER = """
import pathlib
from tornado.web import Application, RequestHandler

class Ready(RequestHandler):
    def get(self):
        print("asked", flush=True)
        self.set_status(200 if pathlib.Path("warm").exists() else 503)

class Main(RequestHandler):
    def get(self):
        self.write("one")

def make_app():
    return Application([("/", Main), ("/ready", Ready)])
"""


def test_a_worker_is_ready_when_its_path_says_so_and_takes_no_connection_before(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": READY_LATER})
    with ServerProcess("run", "--ready-path", "/ready", cwd=tmp_path) as server, server.connect() as early:
        early.ask()
        server.wait_for_all(2, {"message": "asked"})
        assert not server.seen("worker_ready")
        (tmp_path / "warm").touch()
        server.wait_for("ready")
        assert early.answer().text == "one"
        # The question is ours: it is no request of anybody's.
        server.wait_for("access", path="/")
        assert not server.seen("access", path="/ready")
        early.close()
        assert server.stop() == 0


def test_a_reload_whose_path_never_says_so_is_given_up(tmp_path: Path) -> None:
    # S19
    write(tmp_path, {"main.py": READY_LATER, "warm": ""})
    options = ("--ready-path", "/ready", "--boot-timeout", "1")
    with ServerProcess("run", *options, cwd=tmp_path) as server:
        server.wait_for("ready", generation=1)
        (tmp_path / "warm").unlink()
        with SteadyClients(server.port, clients=1, pause=0.01) as clients:
            server.send(signal.SIGHUP)
            server.wait_for("worker_killed", generation=2)
            server.wait_for("generation_left", generation=2)
            clients.wait_for_answers(5)
        assert not clients.failed
        assert server.stop() == 0


def test_a_path_that_is_not_there_is_not_ready(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("one").replace("/.*", "/")})
    options = ("--ready-path", "/ready", "--boot-timeout", "0.7")
    with ServerProcess("run", *options, cwd=tmp_path) as server:
        assert server.wait_for_exit() == 3
        server.wait_for("worker_killed")
