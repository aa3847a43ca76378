"""Files without a name that hold a secret: nobody can open them by a path, or change them where the system can."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform == "linux":
    # Not where it is used: a process that has given up its privileges may not be able to import any more.
    from fcntl import F_ADD_SEALS, F_SEAL_GROW, F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_WRITE, fcntl


def sealed_file(data: bytes) -> int:
    """Return the descriptor of a file that holds data; the caller closes it."""
    descriptor = _sealed_memory(data)
    if descriptor is not None:
        return descriptor
    descriptor, path = tempfile.mkstemp(prefix="tcli-tls-")
    Path(path).unlink()
    _write(descriptor, data)
    return descriptor


@contextmanager
def path_to(data: bytes) -> Iterator[str]:
    """Give data a path for as long as the block runs: OpenSSL reads certificates from nothing else."""
    descriptor = sealed_file(data)
    try:
        path = f"/proc/self/fd/{descriptor}"
        if os.access(path, os.R_OK):
            yield path
            return
        # On other systems an open of /dev/fd/N is a dup: a second reading would begin where the first one ended.
        with tempfile.NamedTemporaryFile(prefix="tcli-tls-") as copy:
            copy.write(data)
            copy.flush()
            yield copy.name
    finally:
        os.close(descriptor)


def _sealed_memory(data: bytes) -> int | None:
    if sys.platform != "linux":
        return None
    with suppress(OSError):  # A kernel or a sandbox may not have it.
        descriptor = os.memfd_create("tcli-tls", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        _write(descriptor, data)
        fcntl(descriptor, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
        return descriptor
    return None


def _write(descriptor: int, data: bytes) -> None:
    with os.fdopen(descriptor, "wb", closefd=False) as file:
        file.write(data)
