"""What holds the event loop is named, and nothing else is."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.project import Gate, write
from support.server_process import Event, ServerProcess
from support.trouble import let_pass

APP = """
import asyncio
import re
import time
from contextlib import asynccontextmanager

import shop.stock
from tornado.web import Application, RequestHandler
from tornado_cli.app.blocked.pauses import paused

class Sleep(RequestHandler):
    def get(self):
        time.sleep(0.5)  # sleeps
        self.write("slept")

class Deep(RequestHandler):
    async def get(self):
        await asyncio.sleep(0)
        await shop.stock.count()

class Library(RequestHandler):
    def get(self):
        re.sub("b", lambda _: time.sleep(0.5) or "", "abc")  # library

class Compute(RequestHandler):
    def get(self):
        began = time.thread_time()
        # A match keeps the interpreter to itself: on a busy machine few moments are left to look.
        while time.thread_time() - began < 0.6:
            re.match(PATTERN, TEXT)  # computes

class Spin(RequestHandler):
    def get(self):
        began = time.thread_time()
        while time.thread_time() - began < 0.3:  # spins
            pass

class Busy(RequestHandler):
    async def get(self):
        await asyncio.gather(*[self.short() for _ in range(100)])
        self.write("done")

    async def short(self):
        time.sleep(0.01)

class Later(RequestHandler):
    def get(self):
        asyncio.get_running_loop().call_later(0, shop.stock.look)

class Long(RequestHandler):
    def get(self):
        time.sleep(5.5)

class Debugged(RequestHandler):
    def get(self):
        with paused():
            time.sleep(0.5)
        time.sleep(0.2)

class Main(RequestHandler):
    def get(self):
        self.write("ok")

# Matching takes a while, and nobody else runs meanwhile.
PATTERN, TEXT = re.compile("(a*)*b"), "a" * 20

def make_app():
    time.sleep(0.3)
    classes = [Sleep, Deep, Library, Compute, Spin, Busy, Later, Long, Debugged]
    return Application([("/" + one.__name__.lower(), one) for one in classes] + [("/", Main)])

@asynccontextmanager
async def lifespan(app):
    time.sleep(0.3)
    yield
"""
STOCK = """
import time

async def count():
    look()

def look():
    time.sleep(0.5)  # counts
"""
FILES = {"main.py": APP, "shop/__init__.py": "", "shop/stock.py": STOCK}
SCRIPT = """
import asyncio
import time
import main

async def start():
    main.make_app().listen(8888)
    time.sleep(0.3)
    await asyncio.Event().wait()

asyncio.run(start())
"""


def line_with(file: Path, comment: str) -> int:
    return next(number for number, line in enumerate(file.read_text().splitlines(), 1) if line.endswith(f"# {comment}"))


def blocked_by(server: ServerProcess, path: str) -> Event:
    """Return what is told at the end of one request."""
    before = len(server.seen("loop_blocked", is_over=True))
    answer = server.get(path)
    assert answer.status == 200
    return server.wait_for_all(before + 1, {"event": "loop_blocked", "is_over": True})[-1]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess("serve", cwd=write(tmp_path_factory.mktemp("served"), FILES)) as server:
        server.wait_for("ready")
        yield server
        assert server.stop() == 0


@pytest.fixture(scope="module")
def main(served: ServerProcess) -> Path:
    return served.folder / "main.py"


def test_the_line_that_blocks_is_named_with_its_request(served: ServerProcess, main: Path) -> None:
    told = blocked_by(served, "/sleep?token=secret")
    assert (told["file"], told["line"]) == (str(main), line_with(main, "sleeps"))
    assert (told["function"], told["called"]) == ("Sleep.get", "time.sleep")
    assert (told["method"], told["path"]) == ("GET", "/sleep?token=***")
    access = served.wait_for("access", path="/sleep?token=***")
    assert told["request_id"] == access["request_id"]
    assert 0.4 < float(told["seconds"]) < 5
    words = f"main.py:{told['line']} in Sleep.get (GET /sleep"
    assert words in str(told["message"])
    assert str(served.folder) not in str(told["message"])


def test_the_line_is_that_of_what_was_called_elsewhere(served: ServerProcess) -> None:
    stock = served.folder / "shop/stock.py"
    told = blocked_by(served, "/deep")
    assert (told["file"], told["line"]) == (str(stock), line_with(stock, "counts"))
    assert (told["function"], told["path"]) == ("look", "/deep")


def test_what_it_calls_is_said_but_not_blamed(served: ServerProcess, main: Path) -> None:
    told = blocked_by(served, "/compute")
    assert (told["line"], told["called"]) == (line_with(main, "computes"), "re.match")
    told = blocked_by(served, "/spin")
    assert (told["line"], told["function"]) == (line_with(main, "spins"), "Spin.get")
    told = blocked_by(served, "/library")
    assert (told["line"], told["called"]) == (line_with(main, "library"), "time.sleep")
    told = blocked_by(served, "/later")
    assert told["function"] == "look"
    assert "request_id" not in told


def test_a_loop_that_is_only_busy_blames_nobody(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    # One callback of ten milliseconds must not be taken for long because the machine is busy.
    with ServerProcess("serve", "--blocked-after", "0.5", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert server.get("/busy").text == "done"
        assert server.stop() == 0
        assert not server.seen("loop_blocked")


def test_starting_is_not_blocking(tmp_path: Path) -> None:
    write(tmp_path, {**FILES, "script.py": SCRIPT})
    for name in ("main:make_app", "script.py"):
        with ServerProcess("serve", name, cwd=tmp_path) as server:
            server.wait_for("ready")
            assert server.get().text == "ok"
            assert server.stop() == 0
            assert not server.seen("loop_blocked")


def test_what_tcli_learns_after_the_start_is_not_blamed(tmp_path: Path) -> None:
    slowly = 'def note(self):\n    time.sleep(0.5)\n    print("noted", flush=True)\n'
    slowly += "from tornado_cli.system.footprint import Footprint\nFootprint.note = note\n"
    write(tmp_path, {**FILES, "main.py": APP + slowly})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for(printed="noted")
        assert blocked_by(server, "/sleep")["function"] == "Sleep.get"
        assert server.stop() == 0
        assert not server.seen("loop_blocked", function="note")


def test_a_scripts_own_loop_is_watched_as_well(tmp_path: Path) -> None:
    write(tmp_path, {**FILES, "script.py": SCRIPT})
    with ServerProcess("serve", "script.py", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert blocked_by(server, "/sleep")["function"] == "Sleep.get"
        assert server.stop() == 0


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_run_tells_on_request(tmp_path: Path, loop: str) -> None:
    write(tmp_path, FILES)
    with ServerProcess("run", "--blocked-after", "0.1", "--loop", loop, cwd=tmp_path) as server:
        server.wait_for("ready")
        told = blocked_by(server, "/deep")
        assert (told["function"], told["path"], told["called"]) == ("look", "/deep", "time.sleep")
        assert blocked_by(server, "/compute")["called"] == "re.match"
        assert server.stop() == 0


def test_it_can_be_switched_off_and_in_run_it_is(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    for command in (["serve", "--blocked-after", "0"], ["run"]):
        with ServerProcess(*command, cwd=tmp_path) as server:
            server.wait_for("ready")
            assert server.get("/sleep").text == "slept"
            assert server.stop() == 0
            assert not server.seen("loop_blocked")


def test_what_blocks_for_very_long_is_told_while_it_does(served: ServerProcess) -> None:
    with served.connect() as client:
        client.ask("/long")
        still = served.wait_for("loop_blocked", path="/long")
        assert not still["is_over"]
        assert re.search(r"has been blocked for [5-9]\.\d\d s by main.py:\d+ in Long.get", str(still["message"]))
        assert client.answer().status == 200
    assert served.wait_for("loop_blocked", path="/long", is_over=True)["line"] == still["line"]


def test_a_pause_is_no_block(served: ServerProcess) -> None:
    before = len(served.seen("loop_blocked"))
    assert served.get("/debugged").status == 200
    assert blocked_by(served, "/sleep")["path"] == "/sleep"
    assert len(served.seen("loop_blocked")) == before + 1


def test_a_process_that_was_stopped_is_not_blamed_on_its_code(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    write(tmp_path, {**FILES, "main.py": APP.replace('self.write("ok")', gate.code)})
    with ServerProcess("run", "--blocked-after", "0.2", "--hang-timeout", "0", cwd=tmp_path) as server:
        server.wait_for("ready")
        everybody = [server.pid, *server.tree()]
        with server.connect() as client:
            client.ask()
            gate.wait_for_somebody()
            for pid in everybody:
                os.kill(pid, signal.SIGSTOP)
            let_pass(1.5)
            gate.open()
            for pid in everybody:
                os.kill(pid, signal.SIGCONT)
            assert client.answer().status == 200
        assert blocked_by(server, "/sleep")["path"] == "/sleep"
        # On a busy machine the request may have waited for its stop, which is its own time.
        assert sum(float(str(told["seconds"])) for told in server.seen("loop_blocked", path="/")) < 1.0
        assert server.stop() == 0


FORKS = """
import os
import threading

class Fork(RequestHandler):
    def get(self):
        names = ",".join(sorted(one.name for one in threading.enumerate()))
        pid = os.fork()
        if pid == 0:
            os._exit(7)
        self.write(f"{names} {os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}")
"""


def test_an_application_that_forks_finds_no_thread_of_ours_and_is_watched_on(tmp_path: Path) -> None:
    code = APP.replace("class Main", f"{FORKS}\nclass Main").replace("classes = [", "classes = [Fork, ")
    write(tmp_path, {**FILES, "main.py": code})
    with ServerProcess("serve", cwd=tmp_path, env={"PYTHONWARNINGS": "error::DeprecationWarning"}) as server:
        server.wait_for("ready")
        blocked_by(server, "/sleep")
        answer = server.get("/fork")
        assert answer.text.endswith(" 7"), server.told()
        assert blocked_by(server, "/sleep")["function"] == "Sleep.get"
        assert server.stop() == 0
