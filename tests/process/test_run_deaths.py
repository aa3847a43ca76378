"""`tcli run`: a crash costs the requests that its process held, whichever process it is."""

import os
import signal
from pathlib import Path

import pytest
from support.load import SteadyClients
from support.process_tree import children_of, command_of
from support.project import app_that_says, write
from support.server_process import ServerProcess

CRASHES = """
import os
from tornado.web import Application, RequestHandler

class Main(RequestHandler):
    def get(self):
        self.write(str(os.getpid()))

class Crash(RequestHandler):
    def get(self, code):
        os._exit(int(code))

def make_app():
    return Application([("/", Main), ("/crash/(.*)", Crash)])
"""


def leader_of(server: ServerProcess) -> int:
    [leader] = [pid for pid in children_of(server.pid) if "run.leader" in command_of(pid)]
    return leader


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_killed_worker_is_replaced_and_the_log_says_what_it_held(tmp_path: Path, workers: str) -> None:
    write(tmp_path, {"main.py": CRASHES})
    with ServerProcess("run", "--workers", workers, cwd=tmp_path) as server:
        server.wait_for("ready")
        with server.connect() as busy:
            victim = int(busy.get().text)
            busy.begin_upload("/", 5)
            os.kill(victim, signal.SIGKILL)
            busy.wait_for_end()
        died = server.wait_for("worker_died", worker=victim)
        assert (died["code"], died["in_flight"]) == (-9, 1)
        assert "SIGKILL" in str(died["message"])
        server.wait_for_all(int(workers) + 1, {"event": "worker_ready"})
        assert int(server.get().text) != victim
        assert server.stop() == 0


@pytest.mark.parametrize("code", [0, pytest.param(1, marks=pytest.mark.thorough), 70])
def test_an_exit_in_a_handler_is_a_crash_whatever_its_code(tmp_path: Path, code: int) -> None:
    write(tmp_path, {"main.py": CRASHES})
    with ServerProcess("run", cwd=tmp_path) as server:
        server.wait_for("ready")
        with server.connect() as client:
            client.ask(f"/crash/{code}")
            assert client.wait_for_end() == b""
        died = server.wait_for("worker_died")
        assert (died["code"], died["in_flight"]) == (code, 1)
        server.wait_for_all(2, {"event": "worker_ready"})
        assert server.get().status == 200
        assert server.stop() == 0


def test_crashes_without_end_never_use_up_the_workers(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": CRASHES})
    with ServerProcess("run", cwd=tmp_path) as server:
        server.wait_for("ready")
        # More often than there are spares, and in the way that `fork_processes` does not restart.
        for number in range(1, 6):
            with server.connect() as client:
                client.ask("/crash/0")
                assert client.wait_for_end() == b""
            server.wait_for_all(number, {"event": "worker_died"})
        assert server.get().status == 200
        assert server.stop() == 0


def test_without_its_leader_everything_is_served_on(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": CRASHES})
    with ServerProcess("run", "--workers", "2", cwd=tmp_path) as server:
        server.wait_for("ready", generation=1)
        old = leader_of(server)
        with SteadyClients(server.port) as clients:
            clients.wait_for_answers(20)
            os.kill(old, signal.SIGKILL)
            server.wait_for("leader_died", generation=1, code=-9)
            server.wait_for("ready", generation=2)
            server.wait_for("generation_left", generation=1)
            clients.wait_for_answers(20)
        assert not clients.failed
        assert leader_of(server) != old
        assert server.stop() == 0


def test_a_request_outlives_its_leader(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("one")})
    with ServerProcess("run", cwd=tmp_path) as server:
        server.wait_for("ready", generation=1)
        with server.connect() as busy:
            busy.begin_upload("/", 4)
            os.kill(leader_of(server), signal.SIGKILL)
            server.wait_for("ready", generation=2)
            busy.send(b"four")
            assert busy.answer().text == "4"
        server.wait_for("generation_left", generation=1)
        assert server.stop() == 0


@pytest.mark.parametrize("handler", ["pass", "__import__('time').sleep(3600)"], ids=["idle", "blocked"])
def test_without_its_supervisor_nothing_is_left_in_two_seconds(tmp_path: Path, handler: str) -> None:
    code = CRASHES.replace("self.write(str(os.getpid()))", handler)
    write(tmp_path, {"main.py": code})
    with ServerProcess("run", "--workers", "2", cwd=tmp_path, alone=True) as server:
        server.wait_for("ready")
        with server.connect() as client:
            client.ask("/")
            server.send(signal.SIGKILL)
            server.wait_until_nothing_is_left(2.0)
        server.assert_port_is_free()


def test_what_the_application_started_does_not_outlive_the_server(tmp_path: Path) -> None:
    code = "import subprocess\nsubprocess.Popen(['sleep', '3600'], start_new_session=True)\n"
    write(tmp_path, {"main.py": code + CRASHES})
    with ServerProcess("run", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert any("sleep" in command_of(pid) for pid in server.tree())
        assert server.stop() == 0
        assert not server.tree()
