"""The servers whose throughput is compared: the same application and the same machine, each started as its users do."""

import functools
import http.client
import ssl
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from harness.certificates import new_pair
from harness.client import HOST
from harness.process_tree import Process, tree_of
from harness.project import project_folder
from harness.server import ServerError
from harness.started import Started, started

WORKERS = 2
_ALL_UP = 1.0
"""Seconds from the first answer until every worker surely serves: plain Tornado does not tell."""
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
    is_tls: bool = False


def _tornado(name: str, *arguments: str, is_logging: bool, is_tls: bool = False) -> Contender:
    log = ("--log",) if is_logging else ()
    command = ("-m", "apps.hello", "--workers", str(WORKERS), *log, *arguments)
    return Contender(
        name=name,
        command=command,
        worker_depth=1,
        is_logging=is_logging,
        wants_uvloop="uvloop" in arguments,
        is_tls=is_tls,
    )


def _tcli(name: str, *arguments: str, is_logging: bool, is_tls: bool = False) -> Contender:
    log = () if is_logging else ("--no-access-log",)
    command = ("-m", "tornado_cli", "run", "apps.hello:make_app", "--workers", str(WORKERS), *log, *arguments)
    return Contender(
        name=name,
        command=command,
        worker_depth=2,
        is_logging=is_logging,
        wants_uvloop="uvloop" in arguments,
        is_tls=is_tls,
    )


CONTENDERS = (
    _tornado("tornado x2, log", is_logging=True),
    _tcli("tcli run x2, log", is_logging=True),
    _tcli("tcli run uvloop x2, log", "--loop", "uvloop", is_logging=True),
    _tornado("tornado x2, no log", is_logging=False),
    _tcli("tcli run x2, no log", is_logging=False),
)
TLS_CONTENDERS = (
    _tornado("tornado x2, TLS, log", is_logging=True, is_tls=True),
    _tcli("tcli run x2, TLS, log", is_logging=True, is_tls=True),
    _tornado("tornado x2, TLS, no log", is_logging=False, is_tls=True),
    _tcli("tcli run x2, TLS, no log", is_logging=False, is_tls=True),
)
"""All with one certificate."""


@dataclass(frozen=True, slots=True)
class CpuTime:
    """Seconds used so far."""

    whole_tree: float
    """Of every process of the tree, ended children included."""
    by_worker: dict[int, float]


class RunningContender:
    def __init__(self, contender: Contender, port: int, server: Started) -> None:
        self.url = f"{'https' if contender.is_tls else 'http'}://{HOST}:{port}/"
        self._port = port
        self._contender = contender
        self._server = server

    @property
    def root(self) -> int:
        return self._server.root

    def cpu_time(self) -> CpuTime:
        tree = tree_of(self._server.root)
        whole = sum(one.cpu + one.reaped_cpu for one in tree)
        return CpuTime(whole, {one.pid: one.cpu for one in self._at_worker_depth(tree)})

    def _at_worker_depth(self, tree: list[Process]) -> list[Process]:
        generation = [one for one in tree if one.pid == self._server.root]
        for _ in range(self._contender.worker_depth):
            parents = {one.pid for one in generation}
            generation = [one for one in tree if one.parent in parents]
        return generation

    def log_lines(self) -> int:
        return self._server.log.read_bytes().count(b"\n")

    def wait_until_serving(self) -> None:
        self._server.wait_until(self._has_answered, self._contender.name)
        time.sleep(_ALL_UP)

    def _has_answered(self) -> bool:
        try:
            answer = self._answer()
        except OSError:
            return False
        if answer != _BODY:
            raise ServerError(f"{self._contender.name} gives another answer")
        return True

    def _answer(self) -> bytes:
        client = (
            http.client.HTTPSConnection(HOST, self._port, timeout=1, context=ssl._create_unverified_context())  # noqa: SLF001, S323 - documented, and its certificate is its own.
            if self._contender.is_tls
            else http.client.HTTPConnection(HOST, self._port, timeout=1)
        )
        with closing(client):
            client.request("GET", "/")
            return client.getresponse().read()


@functools.cache
def _certificate() -> tuple[str, ...]:
    certfile, keyfile = new_pair().write(project_folder() / "certificate")
    return ("--certfile", str(certfile), "--keyfile", str(keyfile))


@contextmanager
def running(contender: Contender, port: int) -> Iterator[RunningContender]:
    """Start it with its output in a file, as a service manager would; end all of it afterwards."""
    command = [sys.executable, *contender.command, "--port", str(port), *(_certificate() if contender.is_tls else ())]
    with started(command, project_folder()) as server:
        one = RunningContender(contender, port, server)
        one.wait_until_serving()
        yield one
