"""A file system of its own that is full soon, for tests that carry the mark `outside("mounts")`."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def small_disk(folder: Path, *options: str) -> Iterator[None]:
    """Have `folder` be on a disk of 64 KiB."""
    command = ["mount", "-t", "tmpfs", "-o", ",".join(["size=64k", *options]), "none", str(folder)]
    subprocess.run(command, check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)
