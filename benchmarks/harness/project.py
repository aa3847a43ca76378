"""The folder in which servers are started: a copy of `apps`, far from this checkout."""

import atexit
import functools
import shutil
import tempfile
from pathlib import Path

APPS = Path(__file__).parents[1] / "apps"


@functools.cache
def project_folder() -> Path:
    """Return the folder; it is gone when this process ends.

    In the checkout `tcli` would find the checkout's own virtual environment and go on there, whichever interpreter is
    to be measured.
    """
    folder = Path(tempfile.mkdtemp(prefix="tcli-benchmark-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shutil.copytree(APPS, folder / APPS.name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder
