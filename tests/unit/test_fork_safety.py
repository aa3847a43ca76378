"""What a process must not hold when it forks: each kind is seen, and nothing else."""

import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest

from tornado_cli.system.fork_safety import fork_state, problems

pytestmark = pytest.mark.outside("linux")


@contextmanager
def a_thread() -> Iterator[None]:
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    yield
    end.set()
    thread.join()


@contextmanager
def a_child() -> Iterator[None]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        yield
        assert child.stdin is not None
        with suppress(BrokenPipeError):
            child.stdin.write(b"\n")


@contextmanager
def a_handler() -> Iterator[None]:
    before = signal.signal(signal.SIGUSR2, lambda *_: None)
    yield
    signal.signal(signal.SIGUSR2, before)


@contextmanager
def an_eventfd() -> Iterator[None]:
    descriptor = os.eventfd(0)
    yield
    os.close(descriptor)


KINDS: dict[str, Callable[[ExitStack], object]] = {
    "threads": lambda stack: stack.enter_context(a_thread()),
    "event loop": lambda stack: stack.enter_context(select.epoll()),
    "socket": lambda stack: stack.enter_context(socket.socket()),
    "kernel queue": lambda stack: stack.enter_context(an_eventfd()),
    "other processes": lambda stack: stack.enter_context(a_child()),
    "signal handlers": lambda stack: stack.enter_context(a_handler()),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_named(kind: str) -> None:
    before = fork_state()
    with ExitStack() as stack:
        KINDS[kind](stack)
        [found] = problems(before, fork_state())
    assert kind in found


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_there_before_is_no_problem(kind: str) -> None:
    with ExitStack() as stack:
        KINDS[kind](stack)
        assert problems(fork_state(), fork_state()) == []


IMPORTS_NUMPY = """
import os, threading
from tornado_cli.system.fork_safety import fork_state, problems

before = fork_state()
import numpy
thread = threading.Thread(target=threading.Event().wait, daemon=True)
pool = len(os.listdir("/proc/self/task")) - 1
print(pool, problems(before, fork_state()))
numpy.ones((500, 500)) @ numpy.ones((500, 500))
print(len(os.listdir("/proc/self/task")) - 1, problems(before, fork_state()))
thread.start()
print(problems(before, fork_state()))
"""


def test_the_threads_of_openblas_are_no_problem_and_hide_no_others() -> None:
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "2"}
    program = [sys.executable, "-c", IMPORTS_NUMPY]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, timeout=30, check=True)
    imported, multiplied, with_another = done.stdout.splitlines()
    # A machine of one CPU has no pool.
    assert {imported, multiplied} <= {"1 []", "0 []"}, done.stdout
    assert with_another == "['it started threads (1), which a fork does not copy']"


def test_files_and_pipes_are_no_problem() -> None:
    before = fork_state()
    reading, writing = os.pipe()
    with open(os.devnull) as _file:  # noqa: PTH123 - any file will do.
        assert problems(before, fork_state()) == []
    os.close(reading)
    os.close(writing)
