"""Where installed code lies: no part of a project, though its folder may hold it."""

import os
import sys
import sysconfig
from functools import lru_cache
from pathlib import Path

import tornado_cli


def _folders() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    places = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    places.add(str(Path(tornado_cli.__file__).parent))
    if sys.prefix != sys.base_prefix:
        # The rest of a virtual environment. A Python of the system's own has all of /usr.
        places.add(sys.prefix)
    places |= {os.path.realpath(place) for place in places}
    return tuple(f"{place}{os.sep}" for place in places)


_FOLDERS = _folders()


def is_installed(path: str) -> bool:
    """Say whether an absolute path is that of Python's own code, of an installed package or of tcli."""
    return path.startswith(_FOLDERS)


@lru_cache(maxsize=4096)
def is_project(file: str) -> bool:
    """Say whether code is the user's own, by the file that it names: `<frozen os>` is none."""
    return not file.startswith("<") and not is_installed(file)
