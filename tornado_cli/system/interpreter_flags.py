"""The flags of this interpreter, for the next one to run under: `python -O -X dev -m tornado_cli serve`."""

import sys

_TOLD = (
    *("debug", "optimize", "dont_write_bytecode", "no_user_site", "no_site", "ignore_environment", "isolated"),
    *("verbose", "bytes_warning", "quiet", "dev_mode"),
)
"""Flags that another interpreter is told; names in `sys.flags`."""


def interpreter_flags() -> list[str]:
    """Return them, and `-P` always.

    `-P` keeps a `logging.py` in the working directory from standing in for the standard library's in our own imports;
    the application's search path is set when it is loaded.
    """
    flags = _flags_given() if _has_any() else []
    if getattr(sys.stdout, "write_through", False):
        flags.append("-u")
    return flags if "-P" in flags else [*flags, "-P"]


def _has_any() -> bool:
    return bool(sys.warnoptions or sys._xoptions or any(getattr(sys.flags, name) for name in _TOLD))  # noqa: SLF001 - documented, for all its name.


def _flags_given() -> list[str]:
    # Seldom wanted, and slower to import than all that is done before.
    import subprocess
    from itertools import pairwise

    flags: list[str] = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]  # noqa: SLF001 - as multiprocessing does
    # It knows some `-X` only.
    passed = {setting.partition("=")[0] for flag, setting in pairwise(flags) if flag == "-X"}
    for name, value in sys._xoptions.items():  # noqa: SLF001 - documented, for all its name.
        if name not in passed:
            flags += ["-X", name if value is True else f"{name}={value}"]
    return flags
