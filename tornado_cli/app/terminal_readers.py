"""Debuggers, `input()`, `getpass` and reading stdin work as in a plain script: each claims the terminal first.

The hooks are there before any module of others is imported, so that `from getpass import getpass` gets ours; without
a claim they do nothing.
"""

import asyncio
import builtins
import contextlib
import functools
import io
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

from tornado_cli.app.after_import import after_import
from tornado_cli.app.blocked.pauses import paused
from tornado_cli.system.terminal_claim import Ask, TerminalClaim

_OUR_MODULES = "tornado_cli.*"


class _Readers:
    """What reads the terminal in this process."""

    def __init__(self) -> None:
        self.claim: TerminalClaim | None = None
        self.is_stepping = False
        """Whether a debugger keeps the terminal between its prompts."""

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Hold the terminal in the block; that the loop does not turn meanwhile is nothing to report."""
        if self.claim is None:
            yield
            return
        with paused(), self.claim.held():
            yield

    def claiming(self, function: Callable[..., Any]) -> Any:
        """Return the function, made to hold the terminal while it runs."""

        @functools.wraps(function)
        def claimed(*args: Any, **kwargs: Any) -> Any:
            with self.reading():
                return function(*args, **kwargs)

        return claimed

    def debugging(self, interaction: Callable[..., Any]) -> Any:
        """Return what stands in for `Pdb.interaction`: the terminal is kept from one step to the next."""

        @functools.wraps(interaction)
        def claimed(debugger: Any, *args: Any, **kwargs: Any) -> Any:
            # Ctrl-C after `continue` is for the server again; stepping does not lead into these hooks.
            debugger.nosigint = True
            debugger.skip = {*(debugger.skip or ()), _OUR_MODULES}
            with self.reading():
                try:
                    return interaction(debugger, *args, **kwargs)
                finally:
                    if self.claim is not None:
                        self._keep_for_steps(self.claim, _is_stepping(debugger))

        return claimed

    def _keep_for_steps(self, claim: TerminalClaim, is_stepping: bool) -> None:
        if is_stepping and not self.is_stepping:
            self.is_stepping = _when_left(self._end_steps)
            if self.is_stepping:
                claim.take()
        elif not is_stepping:
            self._end_steps()

    def _end_steps(self) -> None:
        if self.is_stepping and self.claim is not None:
            self.is_stepping = False
            self.claim.give_back()


_readers = _Readers()


def watch_readers() -> None:
    """Have whoever reads the terminal in this process, and in those it forks, claim it first."""
    builtins.input = _readers.claiming(builtins.input)
    after_import({"getpass": _change_getpass, "code": _change_code, "pdb": _change_pdb})
    if sys.stdin is not None:
        sys.stdin = sys.__stdin__ = _claiming_stdin(sys.stdin)  # type: ignore[misc]


def claim_by(ask: Ask) -> None:
    """Claim the terminal, in this process, by asking the top process."""
    claim = _readers.claim = TerminalClaim(ask)
    signal.signal(signal.SIGINT, claim.interrupted)


def _change_getpass(getpass: Any) -> None:
    getpass.getpass = _readers.claiming(getpass.getpass)


def _change_code(code: Any) -> None:
    code.InteractiveConsole.interact = _readers.claiming(code.InteractiveConsole.interact)


def _change_pdb(pdb: Any) -> None:
    pdb.Pdb.interaction = _readers.debugging(pdb.Pdb.interaction)


def _is_stepping(debugger: Any) -> bool:
    """Say whether the debugger goes on without a word to it: it was told neither to continue nor to quit."""
    is_traced = sys.gettrace() is not None or _is_monitored()
    # What `set_continue` leaves where breakpoints keep the trace alive.
    return is_traced and getattr(debugger, "stoplineno", None) != -1


def _when_left(call: Callable[[], None]) -> bool:
    """Have it called when the code that runs now has come to its end, and say whether that can be told.

    A debugger does not say so: after `next` at the end of a coroutine there is no prompt any more.
    """
    try:
        task = asyncio.current_task()
    except RuntimeError:
        # While it is imported. Out of that, steps lead on for ever; out of a thread they may not.
        return threading.current_thread() is threading.main_thread()
    if task is not None:
        task.add_done_callback(lambda _: call())
    else:
        asyncio.get_running_loop().call_soon(call)
    return True


def _is_monitored() -> bool:
    """Say whether a debugger traces by PEP 669, as pdb does from Python 3.14 on."""
    monitoring = getattr(sys, "monitoring", None)
    return monitoring is not None and monitoring.get_tool(monitoring.DEBUGGER_ID) is not None


class _ClaimingFile(io.FileIO):
    """Standard input, read by whatever reads `sys.stdin`."""

    def readinto(self, buffer: Any) -> int | None:
        with _readers.reading():
            return super().readinto(buffer)

    def readall(self) -> bytes:
        with _readers.reading():
            return super().readall()


def _claiming_stdin(stdin: Any) -> io.TextIOWrapper:
    file = _ClaimingFile(stdin.fileno(), closefd=False)
    file.name = stdin.name
    return io.TextIOWrapper(
        io.BufferedReader(file), encoding=stdin.encoding, errors=stdin.errors, line_buffering=stdin.line_buffering
    )
