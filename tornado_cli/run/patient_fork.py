"""A fork that the system refuses is tried again: a leader that ended for it would take its slots along."""

import errno
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

FIRST_DELAY = 0.1
LONGEST_DELAY = 1.0
_REFUSED = frozenset({errno.EAGAIN, errno.ENOMEM})


@contextmanager
def patient_fork(tell: Callable[[str], None]) -> Iterator[None]:
    """Have `os.fork` wait, inside the block, until the system allows it; `tell` is given the reason, once a fork."""
    process: Any = os
    fork = os.fork
    process.fork = lambda: _fork_when_allowed(fork, tell)
    try:
        yield
    finally:
        process.fork = fork


def _fork_when_allowed(fork: Callable[[], int], tell: Callable[[str], None]) -> int:
    delay = FIRST_DELAY
    while True:
        try:
            return fork()
        except OSError as error:
            if error.errno not in _REFUSED:
                raise
            if delay == FIRST_DELAY:
                tell(os.strerror(error.errno))
        time.sleep(delay)
        delay = min(2 * delay, LONGEST_DELAY)
