"""An application with a path for each kind of trouble, and who of a tree is who."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from support.process_tree import children_of, command_of
from support.server_process import ServerProcess

TROUBLE = """
import asyncio, logging, os, sys, time
from tornado.web import Application, RequestHandler

class Pid(RequestHandler):
    def get(self):
        self.write(str(os.getpid()))

    async def post(self):
        self.write(str(len(self.request.body)))

class Block(RequestHandler):
    def get(self, way):
        print("blocking", flush=True)
        if way == "sleep":
            time.sleep(3600)  # blocks: sleep
        while True: pass  # blocks: spin

class Abort(RequestHandler):
    def get(self):
        os.abort()

class Exit(RequestHandler):
    def get(self, code):
        logging.getLogger("app").error("last words")
        os._exit(int(code))

class Log(RequestHandler):
    def get(self, count, size):
        began = time.monotonic()
        for number in range(int(count)):
            logging.getLogger("app").warning("%d %s", number, "x" * int(size))
        self.write(str(time.monotonic() - began))

class Forever(RequestHandler):
    async def get(self):
        print("in flight", flush=True)
        await asyncio.Event().wait()

def make_app():
    return Application([
        ("/", Pid), ("/block/(.*)", Block), ("/abort", Abort), ("/exit/(.*)", Exit), ("/forever", Forever),
        ("/log/(.*)/(.*)", Log),
    ])
"""


def line_of(mark: str, code: str = TROUBLE) -> int:
    """Return the number of the line that ends with the mark."""
    [number] = [number for number, line in enumerate(code.splitlines(), 1) if line.endswith(mark)]
    return number


def leaders_of(server: ServerProcess) -> list[int]:
    return [pid for pid in children_of(server.pid) if "run.leader" in command_of(pid)]


def workers_of(server: ServerProcess, **fields: object) -> set[int]:
    """Return the pids of the workers that have been ready and have not died."""
    ready = {int(event["worker"]) for event in server.seen("worker_ready", **fields)}
    return ready - {int(event["worker"]) for event in server.seen("worker_died")}


@contextmanager
def stopped(*pids: int) -> Iterator[None]:
    """Have those of them that are alive stand still in the block."""
    living = [pid for pid in pids if _send(pid, signal.SIGSTOP)]
    yield
    for pid in living:
        _send(pid, signal.SIGCONT)


def _send(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def let_pass(seconds: float) -> None:
    """Let time pass, where it is the subject."""
    threading.Event().wait(seconds)
