"""`tcli run`: HUP brings new code, and no request is lost for it."""

import shutil
import signal
from pathlib import Path

import pytest
from support.load import SteadyClients
from support.project import Gate, app_that_says, write
from support.server_process import ServerProcess

import tornado_cli


@pytest.mark.parametrize("last", [3, pytest.param(5, marks=pytest.mark.thorough)])
def test_a_reload_loses_no_request(tmp_path: Path, last: int) -> None:
    write(tmp_path, {"main.py": app_that_says("x")})
    with ServerProcess("run", "--workers", "2", cwd=tmp_path) as server:
        server.wait_for("ready", generation=1)
        with SteadyClients(server.port, clients=4) as clients:
            for generation in range(2, last + 1):
                clients.wait_for_answers(10)
                write(tmp_path, {"main.py": app_that_says("x" * generation)})
                server.send(signal.SIGHUP)
                server.wait_for("ready", generation=generation)
                server.wait_for("generation_left", generation=generation - 1)
        assert not clients.failed
        assert {one.text for one in clients.asked} >= {"x" * generation for generation in range(1, last)}
        assert server.get().text == "x" * last
        assert server.stop() == 0


def test_the_old_generation_serves_until_the_new_one_is_ready_and_finishes_what_it_has(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    write(tmp_path, {"main.py": app_that_says("old")})
    with ServerProcess("run", cwd=tmp_path) as server:
        server.wait_for("ready", generation=1)
        write(tmp_path, {"main.py": gate.code + app_that_says("new")})
        with server.connect() as busy:
            busy.begin_upload("/", 4)
            server.send(signal.SIGHUP)
            gate.wait_for_somebody()
            assert server.get().text == "old"
            gate.open()
            server.wait_for("ready", generation=2)
            busy.send(b"four")
            assert busy.answer().text == "4"
        server.wait_for("generation_left", generation=1)
        assert server.get().text == "new"
        assert server.stop() == 0


def test_a_client_that_has_only_just_connected_is_answered_by_the_generation_that_leaves(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    write(tmp_path, {"main.py": app_that_says("old")})
    with ServerProcess("run", "--keep-alive-linger", "0", cwd=tmp_path) as server:
        server.wait_for("ready", generation=1)
        write(tmp_path, {"main.py": gate.code + app_that_says("new")})
        server.send(signal.SIGHUP)
        gate.wait_for_somebody()
        with server.connect() as idle, server.connect() as fresh, server.connect() as later:
            assert idle.get().text == "old"
            # Connections are accepted in turn: this answer says that `fresh` is in the old worker's hands.
            assert later.get().text == "old"
            gate.open()
            # The end of an idle connection says that the old worker drains.
            assert idle.wait_for_end() == b""
            answer = fresh.get()
            assert (answer.text, answer.headers["connection"]) == ("old", "close")
        assert server.stop() == 0


def test_broken_new_code_keeps_the_old_and_the_fix_is_taken(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("old")})
    with ServerProcess("run", cwd=tmp_path) as server:
        server.wait_for("ready", generation=1)
        write(tmp_path, {"main.py": "import nowhere_to_be_found\n"})
        server.send(signal.SIGHUP)
        failure = server.wait_for("app_failed", generation=2)
        assert "nowhere_to_be_found" in str(failure["traceback"])
        server.wait_for("generation_left", generation=2)
        assert server.get().text == "old"
        write(tmp_path, {"main.py": app_that_says("new")})
        server.send(signal.SIGHUP)
        server.wait_for("ready", generation=3)
        server.wait_for("generation_left", generation=1)
        assert server.get().text == "new"
        assert server.stop() == 0


def test_reloads_asked_for_during_a_reload_are_one_more(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    write(tmp_path, {"main.py": app_that_says("1")})
    with ServerProcess("run", cwd=tmp_path) as server:
        server.wait_for("ready", generation=1)
        write(tmp_path, {"main.py": gate.code + app_that_says("2")})
        server.send(signal.SIGHUP)
        gate.wait_for_somebody()
        write(tmp_path, {"main.py": app_that_says("3")})
        for _ in range(5):
            server.send(signal.SIGHUP)
        gate.open()
        server.wait_for("ready", generation=3)
        server.wait_for("generation_left", generation=2)
        assert server.get().text == "3"
        assert not server.seen("starting", generation=4)
        assert server.stop() == 0


def test_a_reload_asked_for_while_broken_code_starts_brings_the_fix(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    write(tmp_path, {"main.py": app_that_says("old")})
    with ServerProcess("run", cwd=tmp_path) as server:
        server.wait_for("ready", generation=1)
        write(tmp_path, {"main.py": gate.code + "\nraise SystemExit('broken')\n" + app_that_says("old")})
        server.send(signal.SIGHUP)
        gate.wait_for_somebody()
        write(tmp_path, {"main.py": app_that_says("fixed")})
        server.send(signal.SIGHUP)
        gate.open()
        server.wait_for("app_failed", generation=2)
        server.wait_for("ready", generation=3)
        server.wait_for("generation_left", generation=1)
        assert server.get().text == "fixed"
        assert server.stop() == 0


def test_a_tcli_that_was_upgraded_meanwhile_asks_for_a_restart_and_the_old_one_serves_on(tmp_path: Path) -> None:
    package = tmp_path / "lib/tornado_cli"
    shutil.copytree(Path(tornado_cli.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    write(tmp_path / "project", {"main.py": app_that_says("one")})
    with ServerProcess("run", cwd=tmp_path / "project", env={"PYTHONPATH": str(package.parent)}) as server:
        server.wait_for("ready", generation=1)
        write(package, {"__init__.py": '"""The next one."""\n\n__version__ = "99.0"\n'})
        server.send(signal.SIGHUP)
        told = server.wait_for("app_failed", generation=2)["message"]
        assert "99.0" in told
        assert "Restart the server" in told
        assert server.get().text == "one"
        assert server.stop() == 0
