"""Which files of the project the application has loaded as modules, wherever they lie."""

import os
import sys
from types import ModuleType

from tornado_cli.app.libraries import is_installed


def loaded_files() -> set[str]:
    """Return the files of all modules that are not installed ones."""
    files = (_file_of(module) for module in list(sys.modules.values()))
    return {file for file in files if file and os.path.isabs(file) and not is_installed(file)}


def _file_of(module: object) -> str | None:
    # Not isinstance: cffi's libraries say that they are modules, and have no dictionary.
    if not issubclass(type(module), ModuleType):
        return None
    # Not as an attribute: a lazy module would be loaded by that.
    file = object.__getattribute__(module, "__dict__").get("__file__")
    return file if isinstance(file, str) else None
