"""Import third-party modules for all processes to come, as far as a fork can carry them over."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from tornado_cli.app.load import prepare_path
from tornado_cli.app.target import Target
from tornado_cli.serve.forkservers.learning import is_third_party, origin_of
from tornado_cli.system.fork_safety import fork_state, problems


class CannotFork(Exception):  # noqa: N818 - the caller decides whether it is an error.
    """After the import of this module nobody should fork. It cannot be taken back: the process is of no use."""

    def __init__(self, module: str) -> None:
        super().__init__(f"{module} cannot be imported before a fork")
        self.module = module


def import_for_all(wanted: Sequence[str], target: Target, arguments: Sequence[str]) -> tuple[str, ...]:
    """Import them as the application would; return all that is imported now and was not, in its order.

    `package:name` is `from package import name`. Raises CannotFork.
    """
    prepare_path(target.search_path)
    sys.argv = [str(target.path or target.module), *arguments]
    at_first, before, descriptors = set(sys.modules), fork_state(), open_descriptors()
    for one in wanted:
        if one in sys.modules:
            continue
        known = set(sys.modules)
        module, _, name = one.partition(":")
        try:
            __import__(module, fromlist=[name] if name else [])
        except BaseException:  # noqa: BLE001, S112 - the application may have dealt with it; it meets it again.
            continue
        if known == set(sys.modules):
            continue
        is_risky = problems(before, fork_state()) or open_descriptors() - descriptors
        if is_risky or _has_project_code(set(sys.modules) - known):
            raise CannotFork(module)
    return tuple(name for name in sys.modules if name not in at_first and origin_of(name) is not None)


def _has_project_code(names: Iterable[str]) -> bool:
    """Say whether a module came from where people edit: a file of theirs stands in for one that was meant."""
    origins = [origin_of(name) for name in names]
    return any(origin is not None and not is_third_party(origin) for origin in origins)


def open_descriptors() -> set[str]:
    """Return the numbers of the open descriptors; none where there is no /proc. Forks would share their positions."""
    try:
        # The one by which the folder is read is closed again.
        return {entry.name for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()}
    except OSError:
        return set()
