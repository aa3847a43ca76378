"""Starting a fresh interpreter where nothing is imported yet: what `subprocess` imports takes longer than the start."""

import _signal  # type: ignore[import-not-found] # the C half of `signal`; the other adds enumerations
import os
import sys
from collections.abc import Sequence

from tornado_cli.system.interpreter_flags import interpreter_flags

_FIRST_OF_OTHERS = 3


def spawn_interpreter(module: str, arguments: Sequence[str], *, descriptor: int) -> int:
    """Exec a fresh interpreter as `children.start_interpreter` does; return its pid. Raises OSError.

    It inherits one descriptor besides the standard ones.
    """
    actions = [(os.POSIX_SPAWN_CLOSE, other) for other in _inheritable() if other != descriptor]
    os.set_inheritable(descriptor, True)
    before = _signal.pthread_sigmask(_signal.SIG_BLOCK, ())
    return os.posix_spawn(
        sys.executable,
        [sys.executable, *interpreter_flags(), "-m", module, *arguments],
        os.environ,
        file_actions=actions,
        # Else a Ctrl-C would reach it while it imports, and show where.
        setsigmask=[*before, _signal.SIGINT],
        # Python ignores these, and would have its children do so.
        setsigdef=[_signal.SIGPIPE, _signal.SIGXFSZ],
    )


def _inheritable() -> list[int]:
    """Return what a shell or a build tool has left open for its children."""
    return [number for number in map(int, os.listdir("/dev/fd")) if _is_left_open(number)]


def _is_left_open(number: int) -> bool:
    try:
        return number >= _FIRST_OF_OTHERS and os.get_inheritable(number)
    except OSError:
        # By it the list was read.
        return False
