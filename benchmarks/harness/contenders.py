"""The servers whose throughput is compared: the same application and the same machine, each started as its users do."""

import http.client
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from harness.client import HOST
from harness.process_tree import Process, end, process, reap_orphans, tree_of, wait_until_all_ended
from harness.project import project_folder
from harness.server import DEADLINE, ServerError, clean_environment

WORKERS = 2
_ALL_UP = 1.0
"""Seconds from the first answer until every worker surely serves: plain Tornado does not tell."""
_LOOK = 0.02
_BODY = b'{"message": "hello"}'


@dataclass(frozen=True, kw_only=True, slots=True)
class Contender:
    """A row of the comparison."""

    name: str
    command: tuple[str, ...]
    worker_depth: int
    """How many forks below the process that is started: plain Tornado 1, tcli 2 (its leader is between)."""
    is_logging: bool
    wants_uvloop: bool = False


def _tornado(name: str, *arguments: str, is_logging: bool) -> Contender:
    log = ("--log",) if is_logging else ()
    command = ("-m", "apps.hello", "--workers", str(WORKERS), *log, *arguments)
    return Contender(
        name=name, command=command, worker_depth=1, is_logging=is_logging, wants_uvloop="uvloop" in arguments
    )


def _tcli(name: str, *arguments: str, is_logging: bool) -> Contender:
    log = () if is_logging else ("--no-access-log",)
    command = ("-m", "tornado_cli", "run", "apps.hello:make_app", "--workers", str(WORKERS), *log, *arguments)
    return Contender(
        name=name, command=command, worker_depth=2, is_logging=is_logging, wants_uvloop="uvloop" in arguments
    )


CONTENDERS = (
    _tornado("tornado x2, log", is_logging=True),
    _tcli("tcli run x2, log", is_logging=True),
    _tcli("tcli run uvloop x2, log", "--loop", "uvloop", is_logging=True),
    _tornado("tornado x2, no log", is_logging=False),
    _tcli("tcli run x2, no log", is_logging=False),
)


@dataclass(frozen=True, slots=True)
class CpuTime:
    """Seconds used so far."""

    whole_tree: float
    """Of every process of the tree, ended children included."""
    by_worker: dict[int, float]


class RunningContender:
    def __init__(self, contender: Contender, port: int, root: int, log: Path) -> None:
        self.url = f"http://{HOST}:{port}/"
        self._port = port
        self._contender = contender
        self._root = root
        self._log = log

    def cpu_time(self) -> CpuTime:
        tree = tree_of(self._root)
        whole = sum(one.cpu + one.reaped_cpu for one in tree)
        return CpuTime(whole, {one.pid: one.cpu for one in self._at_worker_depth(tree)})

    def _at_worker_depth(self, tree: list[Process]) -> list[Process]:
        generation = [one for one in tree if one.pid == self._root]
        for _ in range(self._contender.worker_depth):
            parents = {one.pid for one in generation}
            generation = [one for one in tree if one.parent in parents]
        return generation

    def log_lines(self) -> int:
        return self._log.read_bytes().count(b"\n")

    def wait_until_serving(self) -> None:
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            with suppress(OSError):
                if self._answer() != _BODY:
                    raise ServerError(f"{self._contender.name} gives another answer")
                time.sleep(_ALL_UP)
                return
            if process(self._root) is None:
                break
            time.sleep(_LOOK)
        said = self._log.read_text(errors="backslashreplace")[-2000:]
        raise ServerError(f"{self._contender.name} never answered\n{said}")

    def _answer(self) -> bytes:
        client = http.client.HTTPConnection(HOST, self._port, timeout=1)
        with closing(client):
            client.request("GET", "/")
            return client.getresponse().read()


@contextmanager
def running(contender: Contender, port: int) -> Iterator[RunningContender]:
    """Start it with its output in a file, as a service manager would; end all of it afterwards."""
    with tempfile.NamedTemporaryFile(prefix="tcli-benchmark-", suffix=".log") as log:
        started = subprocess.Popen(
            [sys.executable, *contender.command, "--port", str(port)],
            cwd=project_folder(),
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            one = RunningContender(contender, port, started.pid, Path(log.name))
            one.wait_until_serving()
            yield one
        finally:
            # The parent of plain fork_processes dies of TERM and leaves its children behind.
            tree = tree_of(started.pid)
            os.kill(started.pid, signal.SIGTERM)
            if not wait_until_all_ended([member.pid for member in tree], 5):
                end(tree)
            started.wait(DEADLINE)
            end(tree)
            wait_until_all_ended([member.pid for member in tree], 5)
            reap_orphans()
