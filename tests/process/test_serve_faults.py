"""`tcli serve` through what a day of development brings: endless imports, storms of saves, things left behind."""

import errno
import json
import os
import signal
import socket
import time
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from support.connection import Connection
from support.process_tree import children_of, wait_until_gone
from support.project import Gate, app_that_says, save, write
from support.server_process import ServerProcess, seconds_between
from support.trouble import let_pass

ENDLESS = {
    "a loop": "import time\nwhile True: time.sleep(0.01)",
    "a busy loop": "while True: pass",
    "a sleep": "import time; time.sleep(3600)",
}
ENDINGS = {
    "sys.exit(0)": "import sys; sys.exit(0)",
    "os._exit(0)": "import os; os._exit(0)",
    "a segmentation fault": "import os; os.kill(os.getpid(), 11)",
}
SOON = 2.0
"""Seconds in which everything has gone."""


def printed(server: ServerProcess, word: str) -> list[Any]:
    """Return what the application has printed behind that word, as JSON, each time so far."""
    lines = [str(event["printed"]) for event in server.events if "printed" in event]
    return [json.loads(line.removeprefix(word)) for line in lines if line.startswith(word)]


def test_an_import_error_deep_down_is_shown_and_every_file_is_watched_on(tmp_path: Path) -> None:
    # D1
    write(tmp_path, {"main.py": "import shop.deep.module\n" + app_that_says("old"), "shop/deep/module.py": ""})
    module, other = tmp_path / "shop/deep/module.py", tmp_path / "shop/other.py"
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        save(module, "from shop import other\n")
        assert "ImportError" in str(server.wait_for("app_failed")["traceback"])
        assert server.get().status == 500
        # Another file than the broken one mends it, and one that the broken code kept from being imported counts too.
        save(other, "1 / 0\n")
        assert "ZeroDivisionError" in str(server.wait_for_all(2, {"event": "app_failed"})[-1]["traceback"])
        save(tmp_path / "main.py", "import shop.deep.module\n" + app_that_says("new"))
        server.wait_for_all(3, {"event": "app_failed"})
        save(other, "")
        server.wait_for("reloaded")
        assert server.get().text == "new"


@pytest.mark.parametrize(
    "endless", ["a loop", *(pytest.param(other, marks=pytest.mark.thorough) for other in ("a busy loop", "a sleep"))]
)
def test_an_import_without_end_is_a_page_and_the_next_save_ends_it(tmp_path: Path, endless: str) -> None:
    # D2
    gate = Gate(tmp_path / "gate")
    write(tmp_path, {"main.py": app_that_says("old")})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        tell = f"import os\nprint('pid', os.getpid(), flush=True)\n{gate.code}\n"
        save(tmp_path / "main.py", tell + ENDLESS[endless] + "\n" + app_that_says("never"))
        gate.wait_for_somebody()
        gate.open()
        # Whoever asks before the page is there waits for it.
        answer = server.get()
        assert answer.status == 503
        assert answer.headers["retry-after"]
        save(tmp_path / "main.py", app_that_says("new"))
        server.wait_for("reloaded")
        assert server.get().text == "new"
        assert wait_until_gone(printed(server, "pid"), time.monotonic() + SOON)
        assert server.stop() == 0


@pytest.mark.parametrize(
    "ending", ["sys.exit(0)", "a segmentation fault", pytest.param("os._exit(0)", marks=pytest.mark.thorough)]
)
def test_code_that_ends_its_process_is_run_for_each_save_and_at_most_once_more(tmp_path: Path, ending: str) -> None:
    # D3
    broken = "print('run 1', flush=True)\n" + ENDINGS[ending] + "\n" + app_that_says("never")
    write(tmp_path, {"main.py": app_that_says("old")})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        for number in (1, 2):
            save(tmp_path / "main.py", broken + f"# {number}\n")
            server.wait_for_all(number, {"event": "app_failed"})
            assert server.get().status == 500
        save(tmp_path / "main.py", app_that_says("fixed"))
        assert server.wait_for("reloaded")["attempt"] == 4
        assert server.get().text == "fixed"
        # An older process, even one that has failed and not ended yet, may have held what it wanted.
        assert 2 <= len(printed(server, "run")) <= 4


@pytest.mark.parametrize("saves", [200, pytest.param(1000, marks=pytest.mark.thorough)])
def test_a_storm_of_saves_ends_with_the_last_and_never_piles_up(tmp_path: Path, saves: int) -> None:
    # D4
    write(tmp_path, {"main.py": "import word\n" + APP_OF_WORD, "word.py": "WORD = ''\n"})
    with ServerProcess("serve", "--no-access-log", cwd=tmp_path) as server:
        server.wait_for("ready")
        counts = []
        began = time.monotonic()
        for number in range(saves):
            save(tmp_path / "word.py", f"WORD = '{number}'\n")
            if number % 50 == 0:
                counts.append(len(server.tree()))
            let_pass(max(0.0, began + number * 0.005 - time.monotonic()))
        save(tmp_path / "word.py", "WORD = 'last'\n")
        # This one comes after all of the storm.
        write(tmp_path, {"end.py": ""})
        server.wait_for_reload_of("end.py")
        assert server.get().text == "last"
        # A fresh forkserver, a warm one, three checkpoints, who waits for the next start and who for a page; one that
        # starts, one that leaves, a page. Then those that were given up: they have half a second to end, and take it on
        # a machine that has other work. A pile would be one for each save.
        assert max([*counts, len(server.tree())]) <= 10 + 8
        assert server.stop() == 0


APP_OF_WORD = app_that_says("{word}").replace('"{word}"', "word.WORD")


def test_reloads_leave_no_descriptors_behind(tmp_path: Path) -> None:
    # D4
    write(tmp_path, {"main.py": app_that_says("0")})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        held: list[list[int]] = []
        for number in range(1, 31):
            save(tmp_path / "main.py", app_that_says(str(number)))
            server.wait_for("reloaded", attempt=number + 1)
            held.append([_descriptors(pid) for pid in (server.pid, children_of(server.pid)[0])])
        early, late = held[4], held[-1]
        # Those of a process that is just leaving come and go.
        assert all(after <= before + 4 for before, after in zip(early, late, strict=True)), held


def _descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


STARTS_THINGS = """
import json, multiprocessing, os, subprocess, sys, threading, time
import jobs

def grandchild():
    # Two forks and a session of its own: as daemons do.
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.setsid()
        child = os.fork()
        if child == 0:
            time.sleep(3600)
        os.write(writer, str(child).encode())
        os._exit(0)
    os.wait()
    return int(os.read(reader, 100))

threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
pids = [os.getpid(), grandchild(), subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"]).pid]
pools = [multiprocessing.get_context(way).Pool(1) for way in ("fork", "spawn")]
pids += [pool.apply(jobs.pid) for pool in pools]
print("pids", json.dumps(pids), flush=True)
"""
WITH_THINGS = {"main.py": STARTS_THINGS + app_that_says("one"), "jobs.py": "import os\npid = os.getpid\n"}


def test_what_the_application_started_is_gone_after_each_reload_and_at_the_end(tmp_path: Path) -> None:
    # D5
    write(tmp_path, WITH_THINGS)
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        for number in range(3):
            save(tmp_path / "main.py", WITH_THINGS["main.py"] + f"# {number}\n")
            server.wait_for("reloaded", attempt=number + 2)
            *earlier, serving = printed(server, "pids")
            assert len(earlier) == number + 1
            assert wait_until_gone(chain.from_iterable(earlier), time.monotonic() + SOON)
            assert all(_is_alive(pid) for pid in serving)
        assert server.stop() == 0
        assert not server.tree()


def _is_alive(pid: int) -> bool:
    return not wait_until_gone([pid], time.monotonic())


def test_a_killed_server_leaves_nothing_of_what_the_application_started(tmp_path: Path) -> None:
    # D5, D8
    write(tmp_path, WITH_THINGS)
    with ServerProcess("serve", cwd=tmp_path, alone=True) as server:
        server.wait_for("ready")
        server.send(signal.SIGKILL)
        server.wait_until_nothing_is_left(SOON)
        server.assert_port_is_free()


def test_a_server_that_is_killed_during_a_reload_leaves_nothing(tmp_path: Path) -> None:
    # D8
    gate = Gate(tmp_path / "gate")
    write(tmp_path, {"main.py": app_that_says("old")})
    with ServerProcess("serve", "--reload-grace", "20", cwd=tmp_path, alone=True) as server:
        server.wait_for("ready")
        with server.connect() as busy, server.connect() as waiting:
            busy.begin_upload("/", 4)
            save(tmp_path / "main.py", gate.code + app_that_says("new"))
            gate.wait_for_somebody()
            waiting.ask()
            server.send(signal.SIGKILL)
            server.wait_until_nothing_is_left(SOON)
        server.assert_port_is_free()


STREAMS = """
import asyncio
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler

class Events(RequestHandler):
    async def get(self, count):
        self.set_header("Content-Type", "text/event-stream")
        for number in range(int(count)):
            self.write("data: says\\n\\n")
            await self.flush()
            await asyncio.sleep(0.01)

class Socket(WebSocketHandler):
    def on_message(self, message):
        self.write_message("says")

def make_app():
    return Application([("/events/(.*)", Events), ("/ws", Socket)])
"""
OLD, NEW = STREAMS.replace("says", "old"), STREAMS.replace("says", "new")
GOING_AWAY = 1001
# Of a client: masked, with a mask of zeros.
TEXT_FRAME = b"\x81\x80\0\0\0\0"
CLOSE_FRAME = b"\x88\x82\0\0\0\0" + GOING_AWAY.to_bytes(2, "big")


def test_a_websocket_is_told_to_go_and_the_next_one_meets_the_new_code(tmp_path: Path) -> None:
    # D6
    write(tmp_path, {"main.py": OLD})
    with ServerProcess("serve", "--reload-grace", "0.3", cwd=tmp_path) as server, ExitStack() as stack:
        server.wait_for("ready")
        polite, silent = (stack.enter_context(server.connect()) for _ in range(2))
        for client in (polite, silent):
            client.open_websocket("/ws")
        polite.send(TEXT_FRAME)
        assert polite.read(5) == b"\x81\x03old"
        save(tmp_path / "main.py", NEW)
        assert polite.wait_for_close_frame() == silent.wait_for_close_frame() == GOING_AWAY
        polite.send(CLOSE_FRAME)
        assert polite.wait_for_clean_end() == b""
        # Who does not answer is let go within the grace.
        assert silent.wait_for_clean_end() == b""
        with server.connect() as again:
            again.open_websocket("/ws")
            again.send(TEXT_FRAME)
            assert again.read(5) == b"\x81\x03new"


def test_a_stream_of_events_is_finished_within_the_grace(tmp_path: Path) -> None:
    # D6
    write(tmp_path, {"main.py": OLD})
    with ServerProcess("serve", "--reload-grace", "20", cwd=tmp_path) as server:
        server.wait_for("ready")
        with server.connect() as client:
            client.ask("/events/50")
            _wait_for_event(client, "old")
            save(tmp_path / "main.py", NEW)
            server.wait_for("reloaded")
            rest = client.wait_for_clean_end()
            assert rest.endswith(b"0\r\n\r\n"), "it came to its end"


def test_a_stream_without_end_is_cut_cleanly_after_the_grace(tmp_path: Path) -> None:
    # D6
    write(tmp_path, {"main.py": OLD})
    with ServerProcess("serve", "--reload-grace", "0.3", cwd=tmp_path) as server:
        server.wait_for("ready")
        with server.connect() as client:
            client.ask("/events/1000000")
            _wait_for_event(client, "old")
            save(tmp_path / "main.py", NEW)
            assert b"new" not in client.wait_for_clean_end()
        with server.connect() as again:
            again.ask("/events/1")
            _wait_for_event(again, "new")
        cut, reloaded = server.wait_for("unfinished"), server.wait_for("reloaded")
        assert "/events/1000000" in str(cut["message"])
        assert abs(seconds_between(reloaded, cut)) < SOON


def _wait_for_event(client: Connection, says: str) -> None:
    read = b""
    while f"data: {says}\n\n".encode() not in read:
        read += client.read(1)


def test_nobody_else_gets_the_port_during_a_reload(tmp_path: Path) -> None:
    # D9
    gate = Gate(tmp_path / "gate")
    write(tmp_path, {"main.py": app_that_says("old")})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        save(tmp_path / "main.py", gate.code + app_that_says("new"))
        gate.wait_for_somebody()
        _assert_taken(server.port)
        gate.open()
        server.wait_for("reloaded")
        save(tmp_path / "main.py", "1 / 0\n")
        server.wait_for("app_failed")
        _assert_taken(server.port)
        assert server.get().status == 500


def _assert_taken(port: int) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with pytest.raises(OSError, match=os.strerror(errno.EADDRINUSE)):
            other.bind(("127.0.0.1", port))


def test_a_save_during_the_first_start_is_served(tmp_path: Path) -> None:
    # D10
    gate = Gate(tmp_path / "gate")
    write(tmp_path, {"main.py": "import word\n" + gate.code + APP_OF_WORD, "word.py": "WORD = 'old'\n"})
    with ServerProcess("serve", cwd=tmp_path) as server:
        # The old word has been imported, and nothing is ready.
        gate.wait_for_somebody()
        save(tmp_path / "main.py", "import word\n" + APP_OF_WORD)
        save(tmp_path / "word.py", "WORD = 'new'\n")
        gate.open()
        server.wait_for_reload_of("word.py")
        assert server.get().text == "new"
        assert server.stop() == 0


def test_a_save_during_a_reload_is_served(tmp_path: Path) -> None:
    # D10
    gate = Gate(tmp_path / "gate")
    write(tmp_path, {"main.py": "import word\n" + APP_OF_WORD, "word.py": "WORD = 'old'\n"})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        save(tmp_path / "word.py", gate.code + "\nWORD = 'newer'\n")
        gate.wait_for_somebody()
        # It would import for ever: only the second save brings an answer.
        save(tmp_path / "word.py", "WORD = 'newest'\n")
        server.wait_for_reload_of("word.py")
        assert server.get().text == "newest"


def test_another_application_in_the_settings_is_served(tmp_path: Path) -> None:
    settings = '[tool.tcli]\napp = "one:make_app"\n'
    write(tmp_path, {"one.py": app_that_says("one"), "two.py": app_that_says("two"), "pyproject.toml": settings})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert server.get().text == "one"
        save(tmp_path / "pyproject.toml", settings.replace("one", "two"))
        server.wait_for_reload_of("pyproject.toml")
        assert server.get().text == "two"
        # Settings that cannot be read name nobody else.
        save(tmp_path / "pyproject.toml", "[tool.tcli\n")
        server.wait_for("reloaded", attempt=3)
        assert server.get().text == "two"


def test_a_setting_of_the_application_that_is_edited_is_read_again(tmp_path: Path) -> None:
    # D10
    code = app_that_says("").replace('self.write("")', "self.write(TITLE)")
    read = "import tomllib\nTITLE = tomllib.load(open('pyproject.toml', 'rb'))['tool']['shop']['title']\n"
    write(tmp_path, {"main.py": read + code, "pyproject.toml": '[tool.shop]\ntitle = "old"\n'})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert server.get().text == "old"
        save(tmp_path / "pyproject.toml", '[tool.shop]\ntitle = "new"\n')
        server.wait_for_reload_of("pyproject.toml")
        assert server.get().text == "new"
