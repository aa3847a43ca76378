"""Stack dumps of a process that may be stuck: threads always, tasks where Python still runs."""

import faulthandler
import os
import re
import signal
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

# A real-time signal: applications have their own use for the others. None where the system has none.
DUMP: signal.Signals | None = getattr(signal, "SIGRTMAX", None)
_STDERR = 2
_FRAME = re.compile(r'^  File "(.*)", line (\d+) in (.*)$', re.MULTILINE)


def dump_on_signal() -> None:
    """Have DUMP write this process's stacks to its standard error.

    The C handler writes all threads at once, whatever holds the interpreter; Python's own, for pending tasks, runs as
    soon as bytecode does.
    """
    if DUMP is not None:
        signal.signal(DUMP, _dump_tasks)
        faulthandler.register(DUMP, file=_STDERR, all_threads=True, chain=True)


def dump_on_demand(descriptor: int) -> None:
    """Have DUMP write the stack of the main thread to a file, whatever that thread does, until `dump_no_more`."""
    if DUMP is not None:
        faulthandler.register(DUMP, file=descriptor, all_threads=False)


def dump_no_more() -> None:
    if DUMP is not None:
        faulthandler.unregister(DUMP)


def stack_in(dump: str) -> list[tuple[str, int, str]]:
    """Return files, lines and functions of what was dumped, the innermost first."""
    return [(file, int(line), function) for file, line, function in _FRAME.findall(dump)]


def _dump_tasks(_number: int, _frame: FrameType | None) -> None:
    # Where there is a loop it is there already; who only sends the signal needs none.
    import asyncio

    loop = asyncio._get_running_loop()  # noqa: SLF001 - get_running_loop raises where there is none.
    if loop is None:
        return
    lines = [f"Pending task {task.get_name()}: {_place_of(task)}" for task in asyncio.all_tasks(loop)]
    os.write(_STDERR, "".join(f"{line}\n" for line in lines).encode(errors="replace"))


def _place_of(task: "asyncio.Task[object]") -> str:
    stack = task.get_stack(limit=1)
    name = getattr(task.get_coro(), "__qualname__", "?")
    if not stack:
        return str(name)
    return f"{name}, {stack[-1].f_code.co_filename}, line {stack[-1].f_lineno}"
