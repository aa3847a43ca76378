"""A small process that sets the terminal right when the server is killed, and can do so no more itself."""

import contextlib
import os
import signal
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tornado_cli.system.children import close_all
from tornado_cli.system.key_terminal import for_keys

_KEYBOARD = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM, signal.SIGTSTP)
_SHELL_FIRST = 0.2
"""Seconds: most shells set the terminal themselves after a program that was killed."""


@contextlib.contextmanager
def guarded(terminal: int) -> Iterator[None]:
    """Guard a terminal as long as the block runs; to be entered before there are threads or listeners.

    It is a copy of this process, which costs next to nothing while it waits.
    """
    if not os.isatty(terminal):
        yield
        return
    found = termios.tcgetattr(terminal)
    lifeline, ours = os.pipe()
    guard = os.fork()
    if guard == 0:
        # Not to be the last who holds a channel: whoever is at its other end must see this process end.
        close_all({int(entry.name) for entry in Path("/dev/fd").iterdir()} - {0, 1, 2, terminal, lifeline})
        _wait_and_set(terminal, found, lifeline)
    os.close(lifeline)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.write(ours, b"!")
        os.close(ours)
        # It may have been reaped with others.
        with contextlib.suppress(ChildProcessError):
            os.waitpid(guard, 0)


def _wait_and_set(terminal: int, found: list[Any], lifeline: int) -> None:
    # TTOU: the shell may have taken the foreground already.
    for number in (*_KEYBOARD, signal.SIGTTOU):
        signal.signal(number, signal.SIG_IGN)
    try:
        if not os.read(lifeline, 1):
            time.sleep(_SHELL_FIRST)
            # Anything else is somebody else's wish.
            if termios.tcgetattr(terminal) == for_keys(found):
                termios.tcsetattr(terminal, termios.TCSANOW, found)
    except (OSError, termios.error):
        """The terminal has gone, too."""
    finally:
        os._exit(0)
