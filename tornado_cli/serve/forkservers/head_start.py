"""The first forkserver's interpreter is started before the command line is read: its imports take longer than that.

So that it is started at once, nothing that takes time is imported before.
"""

import os
import sys
from collections.abc import Mapping

from tornado_cli.system.channel_ends import connected_ends
from tornado_cli.system.environments import python_of_project
from tornado_cli.system.spawn import spawn_interpreter

# The name that type checkers know: importing it takes time.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from tornado_cli.system.channel import Channel
    from tornado_cli.system.children import Child

Changes = dict[str, str | None]
"""Variables that differ, and what they are to be; None for one that is not to be there."""

_READ_EARLY = ("PYTHON", "LD_", "GLIBC_", "MALLOC_", "LC_", "LANG", "LOCPATH", "TZ", "OPENSSL_", "TORNADO_")
"""How variables begin that the interpreter, its libraries or the framework look at when they are loaded."""
_HELP = frozenset({"-h", "--help"})

_PROGRAM = "tornado_cli.serve.forkservers.interpreter"

_begun: tuple[int, int] | None = None
"""The interpreter's pid, and the descriptor of our end of its channel."""


def begin(arguments: list[str]) -> None:
    """Start the interpreter, where one will be wanted; `arguments` are those of the command."""
    global _begun  # noqa: PLW0603 - there is one command line.
    if not hasattr(os, "posix_spawn") or not _HELP.isdisjoint(arguments):
        return
    try:
        if python_of_project(os.getcwd(), os.environ, sys.prefix) is None:
            _begun = _spawned()
    except OSError:
        # Then it is started later, and whoever starts it tells why it cannot be.
        return


def interpreter_with(environ: Mapping[str, str]) -> "tuple[Child, Channel, Changes]":
    """Return a fresh interpreter, our end of its channel, and what it has to change to have this environment."""
    if _begun is not None:
        changes = _changes(os.environ, environ)
        if not any(name.startswith(_READ_EARLY) for name in changes):
            return *_taken(_begun), changes
        end()
    return *_started(environ), {}


def end() -> None:
    """End the interpreter that was started ahead, when nobody has taken it."""
    if _begun is None:
        return
    import signal

    child, channel = _taken(_begun)
    child.send(signal.SIGKILL)
    child.wait()
    child.close()
    channel.close()


def _spawned() -> tuple[int, int]:
    ours, theirs = connected_ends()
    try:
        return spawn_interpreter(_PROGRAM, [str(theirs)], descriptor=theirs), ours
    except OSError:
        os.close(ours)
        raise
    finally:
        os.close(theirs)


def _taken(begun: tuple[int, int]) -> "tuple[Child, Channel]":
    global _begun  # noqa: PLW0603 - as above.
    from tornado_cli.system.channel import Channel
    from tornado_cli.system.children import Child, pidfd_of

    _begun = None
    pid, descriptor = begun
    channel = Channel.from_descriptor(descriptor)
    channel.set_blocking(False)
    return Child(pid, pidfd_of(pid)), channel


def _started(environ: Mapping[str, str]) -> "tuple[Child, Channel]":
    from tornado_cli.system.channel import channel_pair
    from tornado_cli.system.children import start_interpreter

    ours, theirs = channel_pair()
    descriptor = theirs.fileno()
    child = start_interpreter(_PROGRAM, [str(descriptor)], descriptors=[descriptor], environ=environ)
    theirs.close()
    return child, ours


def _changes(have: Mapping[str, str], want: Mapping[str, str]) -> Changes:
    names = have.keys() | want.keys()
    return {name: want.get(name) for name in names if have.get(name) != want.get(name)}
