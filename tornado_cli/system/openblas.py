"""OpenBLAS's pool of threads, which numpy starts when it is imported: the one kind that a fork does not break.

OpenBLAS ends the pool before each fork by a pthread_atfork handler of its own, and starts it again, in parent and
child, when there is work for it. Builds on OpenMP have no such handler that ends their threads.
"""

import os
import warnings
from pathlib import Path

_MAPS = Path("/proc/self/maps")
_TASKS = Path("/proc/self/task")
_PATH_COLUMN = 5


def end_pools() -> None:
    """End the pools of this process as a fork does: by a fork, whose child leaves at once.

    The handler itself has a name in some builds only.
    """
    if not _has_openblas() or len(list(_TASKS.iterdir())) == 1:
        return
    with warnings.catch_warnings():
        # From 3.12 on: the very threads that end by it are what it warns of.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def _has_openblas() -> bool:
    """Say whether a mapped file has OpenBLAS's name: /proc/PID/maps of proc(5)."""
    try:
        lines = _MAPS.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return False
    columns = (line.split(maxsplit=_PATH_COLUMN) for line in lines)
    paths = (found[_PATH_COLUMN] for found in columns if len(found) > _PATH_COLUMN)
    return any("openblas" in path.rpartition("/")[2] for path in paths)
