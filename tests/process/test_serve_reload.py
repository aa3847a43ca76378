"""`tcli serve`: what is saved is served, by the very next request, and no request is lost for it."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.load import SteadyClients
from support.project import Gate, app_that_says, save, save_in_place, write
from support.server_process import ServerProcess

Save = Callable[[Path, str], None]
EACH_WAY = pytest.mark.parametrize("way", [save, pytest.param(save_in_place, marks=pytest.mark.thorough)])


@EACH_WAY
def test_an_edit_is_served(tmp_path: Path, way: Save) -> None:
    write(tmp_path, {"main.py": app_that_says("old")})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert server.get().text == "old"
        way(tmp_path / "main.py", app_that_says("newer"))
        told = server.wait_for("reloaded", attempt=2)
        assert told["files"] == [str(tmp_path / "main.py")]
        assert server.get().text == "newer"


@EACH_WAY
def test_an_edit_of_the_same_size_in_the_same_second_is_served(tmp_path: Path, way: Save) -> None:
    write(tmp_path, {"main.py": "import word\n" + APP_OF_WORD, "word.py": "WORD = '000'\n"})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        for number in range(1, 6):
            way(tmp_path / "word.py", f"WORD = '{number:03}'\n")
            # Python compares whole seconds.
            os.utime(tmp_path / "word.py", (1_700_000_000, 1_700_000_000))
            server.wait_for("reloaded", attempt=number + 1)
            assert server.get().text == f"{number:03}"


APP_OF_WORD = app_that_says("{word}").replace('"{word}"', "word.WORD")


@EACH_WAY
def test_a_burst_of_saves_ends_with_the_last(tmp_path: Path, way: Save) -> None:
    write(tmp_path, {"main.py": "import word\n" + APP_OF_WORD, "word.py": "WORD = '00'\n"})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        for number in range(1, 30):
            way(tmp_path / "word.py", f"WORD = '{number:02}'\n")
        way(tmp_path / "word.py", "WORD = 'last'\n")
        # This one comes after all of the burst.
        write(tmp_path, {"end.py": ""})
        server.wait_for_reload_of("end.py")
        assert server.get().text == "last"


def test_an_edit_of_a_template_is_served_without_a_restart(tmp_path: Path) -> None:
    code = app_that_says("").replace('self.write("")', 'self.render("page.html")')
    write(tmp_path, {"main.py": code, "page.html": "old"})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert server.get().text == "old"
        save(tmp_path / "page.html", "new")
        assert server.get().text == "new"
        save_in_place(tmp_path / "page.html", "newer")
        assert server.get().text == "newer"
        assert_next_attempt_is(server, tmp_path, 2)


def assert_next_attempt_is(server: ServerProcess, folder: Path, attempt: int) -> None:
    """By a change that counts: nothing before it did."""
    write(folder, {"last.py": ""})
    server.wait_for_reload_of("last.py")
    assert server.wait_for_reload_of("last.py")["attempt"] == attempt


def test_clients_that_come_during_a_reload_wait_for_the_new_code(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    write(tmp_path, {"main.py": app_that_says("old")})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        with server.connect() as kept:
            assert kept.get().text == "old"
            save(tmp_path / "main.py", gate.code + app_that_says("new"))
            gate.wait_for_somebody()
            with server.connect() as first, server.connect() as second:
                first.ask()
                second.ask()
                gate.open()
                assert first.answer().text == second.answer().text == "new"
            # The old code does not keep who has nothing to do.
            assert kept.wait_for_end() == b""


@EACH_WAY
def test_twenty_reloads_refuse_nobody_and_old_code_answers_nobody_who_came_later(tmp_path: Path, way: Save) -> None:
    gate = Gate(tmp_path / "gate")
    write(tmp_path, {"main.py": app_that_says("0")})
    began: list[float] = []
    with ServerProcess("serve", "--no-access-log", cwd=tmp_path) as server:
        server.wait_for("ready")
        with SteadyClients(server.port) as clients:
            for number in range(1, 21):
                clients.wait_for_answers(4)
                way(tmp_path / "main.py", gate.code + app_that_says(str(number)))
                gate.wait_for_somebody()
                began.append(time.monotonic())
                gate.open()
                server.wait_for("reloaded", attempt=number + 1)
            clients.wait_for_answers(4)
        assert not clients.failed
        for asked in clients.asked:
            oldest_allowed = sum(moment < asked.at for moment in began)
            assert int(asked.text) >= oldest_allowed


def test_a_request_in_flight_is_finished_by_the_code_that_began_it(tmp_path: Path) -> None:
    code = app_that_says("old").replace("str(len(self.request.body))", "'begun by the old'")
    write(tmp_path, {"main.py": code})
    with ServerProcess("serve", "--reload-grace", "20", cwd=tmp_path) as server:
        server.wait_for("ready")
        with server.connect() as busy:
            busy.begin_upload("/", 4)
            save(tmp_path / "main.py", app_that_says("new"))
            server.wait_for("reloaded", attempt=2)
            assert server.get().text == "new"
            busy.send(b"four")
            assert busy.answer().text == "begun by the old"


def test_a_request_without_end_is_cut_after_the_grace(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("old")})
    with ServerProcess("serve", "--reload-grace", "0.1", cwd=tmp_path) as server:
        server.wait_for("ready")
        with server.connect() as busy:
            busy.begin_upload("/", 4)
            save(tmp_path / "main.py", app_that_says("new"))
            assert busy.wait_for_end() == b""
        server.wait_for("reloaded", attempt=2)


def test_files_that_come_go_and_move_are_seen(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("one")})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        write(tmp_path, {"new.py": ""})
        server.wait_for_reload_of("new.py")
        (tmp_path / "new.py").rename(tmp_path / "moved.py")
        server.wait_for_reload_of("moved.py")
        write(tmp_path, {"deep/deeper/deepest/there.py": "x = 1\n"})
        server.wait_for_reload_of("there.py")
        save_in_place(tmp_path / "deep/deeper/deepest/there.py", "x = 22\n")
        (tmp_path / "deep").rename(tmp_path / "high")
        write(tmp_path, {"high/deeper/deepest/after.py": ""})
        server.wait_for_reload_of("after.py")
        (tmp_path / "moved.py").unlink()
        server.wait_for_reload_of("moved.py", count=2)
        assert server.get().text == "one"


def test_noise_restarts_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("one"), "node_modules/here.txt": "", ".git/HEAD": ""})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        noise = [".git/index.py", "node_modules/x/y.py", ".main.py.swp", "main.py~", ".#main.py", "#main.py#", "4913"]
        noise += ["app.log", "data.sqlite3", "__pycache__/main.cpython-311.pyc", ".venv/lib/x.py", ".mypy_cache/x.py"]
        for name in noise:
            write(tmp_path, {name: "noise"})
            (tmp_path / name).unlink()
        (tmp_path / "main.py").read_bytes()
        assert_next_attempt_is(server, tmp_path, 2)


def test_a_virtual_environment_of_any_name_is_noise(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("one"), "my-env/pyvenv.cfg": "", "my-env/lib/x.py": ""})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        write(tmp_path, {"my-env/lib/x.py": "y", "my-env/lib/z.py": "y"})
        assert_next_attempt_is(server, tmp_path, 2)


def test_lifespan_is_entered_and_left_at_each_reload(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": WITH_LIFESPAN})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        save(tmp_path / "main.py", WITH_LIFESPAN.replace("first", "second"))
        server.wait_for("reloaded", attempt=2)
        server.wait_for(printed="first left")
        assert server.stop() == 0
        printed = [event["printed"] for event in server.events if "printed" in event]
        assert sorted(printed[:1]) == ["first entered"]
        assert sorted(printed) == ["first entered", "first left", "second entered", "second left"]


WITH_LIFESPAN = """
import asyncio, contextlib
from tornado.web import Application

async def make_app():
    await asyncio.sleep(0)
    return Application()

@contextlib.asynccontextmanager
async def lifespan(app):
    print("first entered", flush=True)
    yield
    await asyncio.sleep(0)
    print("first left", flush=True)
"""


def test_tornados_own_reloader_never_starts(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": WITH_RELOADER})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert server.get().text == "0"
        save(tmp_path / "main.py", f"{WITH_RELOADER}# edited\n")
        server.wait_for("reloaded", attempt=2)
        assert server.get().text == "0"
        assert_next_attempt_is(server, tmp_path, 3)


WITH_RELOADER = """
from tornado import autoreload
from tornado.web import Application, RequestHandler

class Main(RequestHandler):
    def get(self):
        self.write(str(len(autoreload._io_loops)))

autoreload.watch("schema.sql")
autoreload.add_reload_hook(lambda: print("hook has run", flush=True))

def make_app():
    return Application([("/", Main)], debug=True)
"""


def test_files_watched_by_the_application_restart_it_and_its_hooks_run(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": WITH_RELOADER, "schema.sql": "one"})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        save(tmp_path / "schema.sql", "two")
        server.wait_for_reload_of("schema.sql")
        server.wait_for(printed="hook has run")


def test_debug_shows_tracebacks_of_requests_and_its_absence_does_not(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("one").replace('self.write("one")', "raise KeyError('broken here')")})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert "broken here" not in server.get().text
    with ServerProcess("serve", "--debug", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert "broken here" in server.get().text
