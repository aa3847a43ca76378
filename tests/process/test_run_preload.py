"""`tcli run --preload`: one import, shared memory, and a refusal with its reason where a fork would break it."""

import signal
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.load import SteadyClients
from support.project import app_that_says, write
from support.server_process import ServerProcess
from support.trouble import TROUBLE, leaders_of, workers_of

HEAVY = "print('imported', flush=True)\nweight = b'x' * 50 * 1024 * 1024\n"


def test_the_application_is_imported_once_and_its_memory_is_shared(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": HEAVY + TROUBLE})
    with ServerProcess("run", "main:make_app", "--preload", "-w", "2", cwd=tmp_path) as server:
        server.wait_for("ready")
        told = server.wait_for("preloaded")
        assert told["shared"] >= 50 * 1024 * 1024
        assert "MiB" in str(told["message"])
        for worker in workers_of(server):
            assert private_bytes(worker) < 25 * 1024 * 1024
        assert len(server.wait_for_all(1, {"message": "imported"})) == 1
        assert server.stop() == 0


MULTIPLIES = """
import os, numpy
from tornado.web import Application, RequestHandler

numpy.ones((300, 300)) @ numpy.ones((300, 300))

class Multiply(RequestHandler):
    def get(self):
        product = numpy.full((600, 600), 2.0) @ numpy.full((600, 600), 3.0)
        self.write(f"{product.min():g} {product.max():g} {os.getpid()}")

def make_app():
    return Application([("/", Multiply)])
"""


def test_numpy_is_imported_once_and_computes_in_each_worker(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": MULTIPLIES})
    env = {"OPENBLAS_NUM_THREADS": "2"}
    with ServerProcess("run", "--preload", "-w", "2", cwd=tmp_path, env=env) as server:
        server.wait_for("ready")
        workers = workers_of(server)
        with ExitStack() as stack:
            clients = [stack.enter_context(server.connect()) for _ in range(8)]
            answers = [client.get().text.rpartition(" ") for client in clients]
        assert {product for product, _, _ in answers} == {"3600 3600"}
        assert {int(pid) for _, _, pid in answers} == workers
        assert server.stop() == 0


def private_bytes(pid: int) -> int:
    """Return what a process shares with nobody: proc_pid_smaps(5)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))


REFUSED = {
    "a thread": ("import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n", "thread"),
    "a loop": ("import asyncio\nloop = asyncio.new_event_loop()\n", "loop"),
    "a socket": ("import socket\nkept = socket.socket()\n", "socket"),
}


# tests/unit/test_fork_safety.py knows all that is refused.
@pytest.mark.parametrize(
    "what", ["a thread", *(pytest.param(other, marks=pytest.mark.thorough) for other in ("a loop", "a socket"))]
)
def test_what_a_fork_cannot_carry_is_refused_with_the_reason(tmp_path: Path, what: str) -> None:
    code, word = REFUSED[what]
    write(tmp_path, {"main.py": code + TROUBLE})
    with ServerProcess("run", "main:make_app", "--preload", cwd=tmp_path) as server:
        assert server.wait_for_exit() == 3
        [failure] = server.seen("app_failed")
        assert "cannot be preloaded" in str(failure["message"])
        assert word in str(failure["message"])
        assert "factory" in str(failure["message"])


def test_an_import_that_fails_in_the_leader_is_shown_once(tmp_path: Path) -> None:
    # S7
    write(tmp_path, {"main.py": "import nowhere_to_be_found\n"})
    with ServerProcess("run", "main:make_app", "--preload", "-w", "2", cwd=tmp_path) as server:
        assert server.wait_for_exit() == 3
        [failure] = server.seen("app_failed")
        assert "nowhere_to_be_found" in str(failure["traceback"])


def test_a_reload_imports_anew_and_a_broken_one_keeps_the_old(tmp_path: Path) -> None:
    # S17
    write(tmp_path, {"main.py": app_that_says("one")})
    with ServerProcess("run", "--preload", "-w", "2", cwd=tmp_path) as server:
        server.wait_for("ready", generation=1)
        with SteadyClients(server.port) as clients:
            write(tmp_path, {"main.py": "def f(:\n"})
            server.send(signal.SIGHUP)
            server.wait_for("app_failed", generation=2)
            server.wait_for("generation_left", generation=2)
            write(tmp_path, {"main.py": app_that_says("another")})
            server.send(signal.SIGHUP)
            server.wait_for("ready", generation=3)
            server.wait_for("generation_left", generation=1)
        assert not clients.failed
        assert server.get().text == "another"
        assert len(leaders_of(server)) == 1
        assert server.stop() == 0
