"""A loopback address that nobody else uses: a port on it that is let go of is taken by nobody meanwhile."""

import itertools
import os
import sys

_numbers = itertools.count(1)


def own_address() -> str:
    """Return another one at each call; no two processes at a time get the same."""
    if sys.platform != "linux":
        # Elsewhere only one address is there without further ado.
        return "127.0.0.1"
    # 32768 is the largest pid but on machines that were told otherwise.
    pid = os.getpid() % (1 << 15)
    return f"127.{1 + (pid >> 8)}.{pid & 0xFF}.{1 + next(_numbers) % 254}"
