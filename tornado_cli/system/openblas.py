"""OpenBLAS's pool of threads, which numpy starts when it is imported: the one kind that a fork does not break.

OpenBLAS ends the pool before each fork by a pthread_atfork handler of its own, and starts it again, in parent and
child, when there is work for it. Builds on OpenMP have no such handler that ends their threads.
"""

import ctypes
import os
from pathlib import Path

_MAPS = Path("/proc/self/maps")
_PATH_COLUMN = 5
# What the handler calls. All builds of numpy and of the distributions have it by this name, whatever prefix the others
# have; where it is not found the pool stays, and is judged as any other threads.
_SHUTDOWN = "blas_thread_shutdown_"


def end_pools() -> None:
    """End the pools of this process as a fork would do."""
    for library in _libraries():
        try:
            # Never loaded for this: only what is in use has a pool.
            shutdown = getattr(ctypes.CDLL(library, mode=os.RTLD_NOLOAD | os.RTLD_NOW), _SHUTDOWN)
        except (OSError, AttributeError):
            continue
        shutdown()


def _libraries() -> set[str]:
    """Return the mapped files whose name is OpenBLAS's: /proc/PID/maps of proc(5)."""
    try:
        lines = _MAPS.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return set()
    paths = {
        columns[_PATH_COLUMN] for line in lines if len(columns := line.split(maxsplit=_PATH_COLUMN)) > _PATH_COLUMN
    }
    return {path for path in paths if "openblas" in path.rpartition("/")[2]}
