"""Whose code a file is: the project's, or somebody else's."""

import os
import sysconfig
from pathlib import Path

import tornado_cli

_OURS = f"{Path(tornado_cli.__file__).parent}{os.sep}"
# A file's own folder may be inside one of these: a virtual environment in a project is not the project.
_THIRD_PARTY = tuple(f"{sysconfig.get_path(name)}/" for name in ("stdlib", "platstdlib", "purelib", "platlib"))


def is_third_party(file: str) -> bool:
    """Whether it belongs to the interpreter, or to what is installed."""
    return file.startswith(("<", *_THIRD_PARTY))


def is_project(file: str) -> bool:
    """Whether it is the user's own."""
    return not is_third_party(file) and not file.startswith(_OURS)
