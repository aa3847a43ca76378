"""How a process ended, in words; and how one ends that has nothing to leave tidily."""

import atexit
import os
import signal
import sys
import threading
from typing import NoReturn


def how_it_ended(code: int) -> str:
    """Return the words for an exit code, or a negative signal."""
    if code >= 0:
        return f"ended with exit code {code}"
    # Most real-time signals have no name.
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    return f"was killed by {name}"


def leave_tidily(code: int) -> NoReturn:
    """End this process as at the end of its program: threads are joined, exit handlers run, output is written.

    What is not done is to take every module apart, which of a large application takes as long as its import.
    """
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - what the interpreter calls first at its end.
    atexit._run_exitfuncs()  # noqa: SLF001 - and second.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def leave_at_once() -> NoReturn:
    """End this process without what the application has asked to be done at exit: it never ran here."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
