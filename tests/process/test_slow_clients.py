"""Hundreds of slow clients, as slowhttptest has them, and everybody else is served meanwhile."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.connection import Connection
from support.process_tree import resident_kib
from support.project import write
from support.server_process import ServerProcess
from support.trouble import let_pass, workers_of

APP = """
from tornado.web import Application, RequestHandler

class Main(RequestHandler):
    def get(self):
        self.write("main")

class Large(RequestHandler):
    async def get(self):
        for _ in range(128):
            self.write(bytes(64 * 1024))
            await self.flush()

def make_app():
    return Application([("/", Main), ("/large", Large)])
"""
CONNECTIONS = 500
MODES = {
    "headers": ("-H", "-i", "1"),
    "bodies": ("-B", "-i", "1", "-s", "8192"),
    "reading": ("-X", "-k", "3", "-w", "10", "-y", "20", "-n", "5", "-z", "32"),
}


@contextmanager
def slow_clients(flags: tuple[str, ...], url: str) -> Iterator[None]:
    command = ["slowhttptest", *flags, "-c", str(CONNECTIONS), "-r", str(CONNECTIONS), "-l", "60", "-p", "30"]
    attack = subprocess.Popen([*command, "-u", url], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        attack.kill()
        attack.wait()


@pytest.mark.thorough
@pytest.mark.outside("slowhttptest")
@pytest.mark.parametrize("mode", MODES)
def test_others_are_served_while_hundreds_are_slow_and_memory_is_bounded(tmp_path: Path, mode: str) -> None:
    times = ("--header-timeout", "5", "--body-timeout", "5")
    with ServerProcess("run", *times, cwd=write(tmp_path, {"main.py": APP})) as server:
        server.wait_for("ready")
        [worker] = workers_of(server)
        port, before = server.port, resident_kib(worker)
        with slow_clients(MODES[mode], f"http://127.0.0.1:{port}/{'large' if mode == 'reading' else ''}"):
            for _ in range(100):
                with Connection(port, source="127.0.0.2") as other:
                    assert other.get().text == "main"
                let_pass(0.1)
            # For each slow one what it does not read, and no more.
            assert resident_kib(worker) - before < CONNECTIONS * 256
        if mode != "bodies":
            # Bodies do come, if slowly.
            server.wait_for("slow_reader" if mode == "reading" else "slow_headers")
        assert server.get().text == "main"
        assert server.stop() == 0
