"""The first forkserver's interpreter is started before the command line is read: its imports take longer than that."""

import contextlib
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from tornado_cli.system.channel import Channel, channel_pair
from tornado_cli.system.children import Child, start_interpreter
from tornado_cli.system.interpreter import project_interpreter

Changes = dict[str, str | None]
"""Variables that differ, and what they are to be; None for one that is not to be there."""

_READ_EARLY = ("PYTHON", "LD_", "GLIBC_", "MALLOC_", "LC_", "LANG", "LOCPATH", "TZ", "OPENSSL_", "TORNADO_")
"""How variables begin that the interpreter, its libraries or the framework look at when they are loaded."""
_HELP = frozenset({"-h", "--help"})

_begun: tuple[Child, Channel] | None = None


def begin(arguments: list[str]) -> None:
    """Start the interpreter, where one will be wanted; `arguments` are those of the command."""
    global _begun  # noqa: PLW0603 - there is one command line.
    with contextlib.suppress(OSError):
        is_ours = project_interpreter(Path.cwd(), os.environ, sys.prefix) is None
        if is_ours and hasattr(os, "fork") and _HELP.isdisjoint(arguments):
            _begun = _start(os.environ)


def interpreter_with(environ: Mapping[str, str]) -> tuple[Child, Channel, Changes]:
    """Return a fresh interpreter, our end of its channel, and what it has to change to have this environment."""
    global _begun
    if _begun is not None:
        changes = _changes(os.environ, environ)
        if not any(name.startswith(_READ_EARLY) for name in changes):
            (child, channel), _begun = _begun, None
            return child, channel, changes
        end()
    return *_start(environ), {}


def end() -> None:
    """End the interpreter that was started ahead, when nobody has taken it."""
    global _begun
    if _begun is not None:
        (child, channel), _begun = _begun, None
        child.send(signal.SIGKILL)
        child.wait()
        child.close()
        channel.close()


def _start(environ: Mapping[str, str]) -> tuple[Child, Channel]:
    ours, theirs = channel_pair()
    descriptor = theirs.fileno()
    child = start_interpreter(
        "tornado_cli.serve.forkservers.interpreter", [str(descriptor)], descriptors=[descriptor], environ=environ
    )
    theirs.close()
    return child, ours


def _changes(have: Mapping[str, str], want: Mapping[str, str]) -> Changes:
    names = have.keys() | want.keys()
    return {name: want.get(name) for name in names if have.get(name) != want.get(name)}
