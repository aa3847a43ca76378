"""Nobody outlives the tree: what the kernel does when a parent dies."""

import ctypes
import os
import signal
import sys

# <sys/prctl.h>
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def die_with(parent: int, how: signal.Signals) -> None:
    """Have the kernel send `how` to this process when its parent `parent` ends; at once if it already has.

    Linux only; elsewhere a process notices its parent's end by its channel. The setting is lost at exec of a
    privileged program and at a change of user, and it follows the parent's *thread*: prctl(2).
    """
    _prctl(_PR_SET_PDEATHSIG, how)
    if os.getppid() != parent:
        os.kill(os.getpid(), how)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent dies (Linux; elsewhere init does)."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
