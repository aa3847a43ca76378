"""Bytecode of files that were just written: dropped, because Python may take it for fresh."""

import contextlib
import importlib.util
import os
from collections.abc import Iterable


def drop_bytecode(paths: Iterable[str]) -> None:
    """Remove the cached bytecode of these source files.

    Python compares whole seconds of the modification time, and the size: an edit that keeps both would run the old
    code, in a fresh process too (importlib's `_validate_timestamp_pyc`).
    """
    for path in paths:
        if path.endswith(".py"):
            for optimization in ("", 1, 2):
                with contextlib.suppress(OSError):
                    os.unlink(importlib.util.cache_from_source(path, optimization=optimization))
