"""How a process ended, in words; and how one ends that has nothing to leave tidily."""

import os
import signal
import sys
from typing import NoReturn


def how_it_ended(code: int) -> str:
    """Return the words for an exit code, or a negative signal."""
    if code >= 0:
        return f"ended with exit code {code}"
    # Most real-time signals have no name.
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    return f"was killed by {name}"


def leave_at_once() -> NoReturn:
    """End this process without what the application has asked to be done at exit: it never ran here."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
