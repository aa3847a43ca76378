"""How a process ended, in words."""

import signal


def how_it_ended(code: int) -> str:
    """Return the words for an exit code, or a negative signal."""
    if code >= 0:
        return f"ended with exit code {code}"
    # Most real-time signals have no name.
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    return f"was killed by {name}"
