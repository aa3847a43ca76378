"""The flags of this interpreter, for the next one to run under: `python -O -X dev -m tornado_cli serve`."""

import subprocess
import sys
from itertools import pairwise


def interpreter_flags() -> list[str]:
    """Return them, and `-P` always.

    `-P` keeps a `logging.py` in the working directory from standing in for the standard library's in our own imports;
    the application's search path is set when it is loaded.
    """
    flags: list[str] = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]  # noqa: SLF001 - as multiprocessing does
    # It knows some `-X` only, and no `-u`.
    passed = {setting.partition("=")[0] for flag, setting in pairwise(flags) if flag == "-X"}
    for name, value in sys._xoptions.items():  # noqa: SLF001 - documented, for all its name.
        if name not in passed:
            flags += ["-X", name if value is True else f"{name}={value}"]
    if getattr(sys.stdout, "write_through", False):
        flags.append("-u")
    return flags if "-P" in flags else [*flags, "-P"]
