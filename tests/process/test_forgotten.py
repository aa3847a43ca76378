"""What an application forgets is told, with where it was made."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.project import save, write
from support.server_process import Event, ServerProcess

APP = """
import asyncio
import gc
import socket
import warnings

import shop.stock
from tornado.web import Application, RequestHandler

class Client:
    def __init__(self):
        self.is_open = True

    def __del__(self, warn=warnings.warn):
        warn(f"Unclosed client {self!r}", ResourceWarning, source=self)
        asyncio.get_running_loop().call_exception_handler({"client": self, "message": "Unclosed client"})

class Await(RequestHandler):
    async def get(self):
        shop.stock.count()  # not awaited

class Fail(RequestHandler):
    async def get(self):
        asyncio.create_task(shop.stock.fail())  # fails
        await asyncio.sleep(0.01)

class Lose(RequestHandler):
    async def get(self):
        asyncio.ensure_future(shop.stock.wait())  # lost
        await asyncio.sleep(0.01)
        gc.collect()

class Socket(RequestHandler):
    def get(self):
        socket.socket()  # a socket

class File(RequestHandler):
    def get(self):
        self.write(open(__file__).read(1))  # a file

class Session(RequestHandler):
    def get(self):
        Client()  # a client

def make_app():
    return Application([("/" + one.__name__.lower(), one) for one in (Await, Fail, Lose, Socket, File, Session)])
"""
STOCK = """
import asyncio

async def count():
    pass

async def fail():
    raise ValueError("out of stock")

async def wait():
    await asyncio.get_running_loop().create_future()
"""
OWN_HANDLER = """
from contextlib import asynccontextmanager

@asynccontextmanager
async def lifespan(app):
    asyncio.get_running_loop().set_exception_handler(report)
    yield

def report(loop, context):
    print("ours:", context["message"], flush=True)
"""
FILES = {"main.py": APP, "shop/__init__.py": "", "shop/stock.py": STOCK}
FORGIVEN = ("never awaited", "never retrieved")


def line_with(file: Path, comment: str) -> int:
    return next(number for number, line in enumerate(file.read_text().splitlines(), 1) if line.endswith(f"# {comment}"))


def told_after(server: ServerProcess, path: str, name: str) -> Event:
    before = len(server.seen(name))
    assert server.get(path).status == 200
    return server.wait_for_all(before + 1, {"event": name})[-1]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess("serve", cwd=write(tmp_path_factory.mktemp("served"), FILES), forgives=FORGIVEN) as server:
        server.wait_for("ready")
        yield server
        assert server.stop() == 0


@pytest.mark.parametrize(
    ("path", "name", "comment", "word"),
    [
        ("/await", "never_awaited", "not awaited", "count"),
        ("/fail", "task_failed", "fails", "ValueError: out of stock"),
        ("/lose", "task_lost", "lost", "wait"),
        ("/socket", "unclosed", "a socket", "socket"),
        ("/file", "unclosed", "a file", "main.py"),
    ],
)
def test_what_is_forgotten_is_told_with_where_it_was_made(
    served: ServerProcess, path: str, name: str, comment: str, word: str
) -> None:
    main = served.folder / "main.py"
    told = told_after(served, path, name)
    assert (told["file"], told["line"]) == (str(main), line_with(main, comment))
    assert word in str(told["message"])
    assert f"made at main.py:{told['line']}" in str(told["message"])


def test_the_failure_of_a_task_is_shown_without_anybody_elses_frames(served: ServerProcess) -> None:
    traceback = str(told_after(served, "/fail", "task_failed")["traceback"])
    assert traceback.count("File ") == 1
    assert 'raise ValueError("out of stock")' in traceback


def test_a_client_that_complains_twice_is_told_of_once_and_from_the_second_one_on_with_its_place(
    tmp_path: Path,
) -> None:
    main = write(tmp_path, FILES) / "main.py"
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        told_after(server, "/session", "unclosed")
        # As many complaints as there would be of one that is forgotten.
        told = told_after(server, "/session", "unclosed")
        assert told["line"] == line_with(main, "a client")
        assert len(server.seen("unclosed")) == 2
        assert server.stop() == 0
        assert not [event for event in server.events if event.get("logger") == "asyncio"]


def test_the_applications_own_exception_handler_is_the_one_that_is_asked(tmp_path: Path) -> None:
    write(tmp_path, {**FILES, "main.py": APP + OWN_HANDLER})
    with ServerProcess("serve", cwd=tmp_path, forgives=FORGIVEN) as server:
        server.wait_for("ready")
        assert server.get("/fail").status == 200
        server.wait_for(printed="ours: Task exception was never retrieved")
        assert server.stop() == 0
        assert not server.seen("task_failed")


def test_warnings_of_its_own_and_filters_of_its_own_are_left_as_they_are(tmp_path: Path) -> None:
    code = APP.replace(
        "        socket.socket()  # a socket", "        socket.socket()\n        warnings.warn('careful')"
    )
    write(tmp_path, {**FILES, "main.py": f"{code}\nwarnings.simplefilter('ignore', RuntimeWarning)\n"})
    with ServerProcess("serve", cwd=tmp_path, env={"PYTHONWARNINGS": "default"}) as server:
        server.wait_for("ready")
        assert server.get("/await").status == 200
        told_after(server, "/socket", "unclosed")
        warning = server.wait_for(logger="py.warnings")
        assert "UserWarning: careful" in str(warning["message"])
        assert server.stop() == 0
        assert not server.seen("never_awaited")


def test_what_is_open_when_the_application_is_reloaded_is_not_forgotten(tmp_path: Path) -> None:
    opens = "\nKEPT = [socket.socket(), open(__file__), Client()]\n"
    write(tmp_path, {**FILES, "main.py": APP + opens})
    with ServerProcess("serve", cwd=tmp_path, forgives=FORGIVEN) as server:
        server.wait_for("ready")
        save(tmp_path / "main.py", APP + opens + "\n")
        server.wait_for("reloaded")
        assert server.get("/await").status == 200
        server.wait_for("never_awaited")
        assert server.stop() == 0
        assert not server.seen("unclosed")


def test_run_logs_what_python_and_asyncio_tell(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    with ServerProcess("run", cwd=tmp_path, forgives=FORGIVEN) as server:
        server.wait_for("ready")
        assert server.get("/await").status == 200
        assert "never awaited" in str(server.wait_for(logger="py.warnings")["message"])
        assert server.get("/fail").status == 200
        told = server.wait_for(logger="asyncio")
        assert "never retrieved" in str(told["message"])
        assert "out of stock" in str(told["traceback"])
        assert server.get("/file").status == 200
        assert server.stop() == 0
        assert not server.seen("unclosed")
