"""What an application imports, in order: recorded while it starts, for the next start to be faster."""

import json
import os
import sys
import time
import warnings
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import CodeType, FrameType, ModuleType
from typing import Any, Self

from tornado_cli.app.libraries import is_installed
from tornado_cli.records import Record

_OURS = "tornado_cli"
_PATCHERS = frozenset({"gevent", "eventlet", "ddtrace", "newrelic", "nest_asyncio"})
"""Packages that change others: what is imported after them is not what it would be without."""
_ENVIRONMENT_EVENTS = frozenset({"os.putenv", "os.unsetenv"})


class ProjectModule(Record):
    """A module of the project's own, as it was imported."""

    name: str
    file: str
    """Its real path."""
    seconds: float
    """From the start of the import to this module's turn."""


class Learned(Record, kw_only=True):
    """What a good start has shown."""

    third_party: tuple[str, ...] = ()
    """Modules of the standard library and of installed packages, in the order of their import."""
    cold: frozenset[str] = frozenset()
    """Those among them that were imported after the project had changed what they may look at."""
    held: frozenset[str] = frozenset()
    """Those among them that the forkserver had imported."""
    project: tuple[ProjectModule, ...] = ()
    changing: frozenset[str] = frozenset()
    """Project files that changed the environment while they were imported."""
    state: str = ""
    """What the project made of the environment, the search path and the warning filters."""

    def to_bytes(self) -> bytes:
        values = vars(self) | {
            "cold": sorted(self.cold),
            "held": sorted(self.held),
            "project": [vars(module) for module in self.project],
            "changing": sorted(self.changing),
        }
        return json.dumps(values).encode("utf-8", "surrogatepass")

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        values: dict[str, Any] = json.loads(data.decode("utf-8", "surrogatepass"))
        return cls(
            third_party=tuple(values["third_party"]),
            cold=frozenset(values["cold"]),
            held=frozenset(values["held"]),
            project=tuple(ProjectModule(**module) for module in values["project"]),
            changing=frozenset(values["changing"]),
            state=values["state"],
        )


class _Seen:
    def __init__(self, name: str, at: float, is_after_change: bool) -> None:
        self.name = name
        self.at = at
        self.is_after_change = is_after_change


class Recorder:
    """Sees each module that is about to be looked for; finds none itself.

    In a checkpoint it is copied with the process: what it has seen before counts for the processes forked there.
    """

    def __init__(self, known: Sequence[str] = ()) -> None:
        self.known = tuple(known)
        """Third-party modules that were imported before anything of the project."""
        self._seen: list[_Seen] = []
        self._begun = time.perf_counter()
        self._is_on = False
        self._changing: set[str] = set()
        self._environment: dict[str, None] = {}
        self._path: list[str] = []
        self._filters: list[Any] = []
        self._has_changed = False
        self.state = ""
        """What the project has changed that other modules look at, as a text to compare; known at the end."""

    def begin(self) -> None:
        """Record from now on; the search path is as the project finds it."""
        self._begun = time.perf_counter()
        self._path, self._filters = list(sys.path), list(warnings.filters)
        self._is_on = True
        sys.meta_path.insert(0, self)
        sys.addaudithook(self._hear)

    def resume(self, waited: float) -> None:
        """Leave out the seconds that the import has stood still."""
        self._begun += waited

    def end(self) -> None:
        """Record no more: the application is loaded."""
        self._is_on = False
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        path = [entry for entry in sys.path if entry not in self._path]
        filters = [str(one[:3]) for one in warnings.filters if one not in self._filters]
        self.state = "\n".join([*self._environment, *path, *filters])

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if not self._has_changed:
            self._has_changed = sys.path != self._path or warnings.filters != self._filters
        self._seen.append(_Seen(fullname, time.perf_counter(), self._has_changed))
        if fullname in _PATCHERS:
            self._has_changed = True
        return None

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._is_on and event in _ENVIRONMENT_EVENTS:
            self._has_changed = True
            self._environment[repr(arguments)] = None
            culprit = _project_file(sys._getframe(1))  # noqa: SLF001 - the one way to learn who did it.
            if culprit is not None:
                self._changing.add(os.path.realpath(culprit))

    def learned(self) -> Learned:
        """Return what was imported up to now."""
        third_party: dict[str, None] = dict.fromkeys(self.known)
        cold: set[str] = set()
        project: dict[str, ProjectModule] = {}
        for seen in self._seen:
            origin = origin_of(seen.name)
            if origin is None or seen.name.partition(".")[0] == _OURS:
                continue
            if not is_third_party(origin):
                project.setdefault(seen.name, ProjectModule(seen.name, os.path.realpath(origin), seen.at - self._begun))
            elif seen.name not in third_party:
                third_party[seen.name] = None
                if seen.is_after_change:
                    cold.add(seen.name)
        return Learned(
            third_party=tuple(third_party),
            held=frozenset(self.known),
            cold=frozenset(cold),
            project=tuple(project.values()),
            changing=frozenset(self._changing),
            state=self.state,
        )


def is_third_party(file: str) -> bool:
    """Say whether a file belongs to the interpreter or to an installed package: nobody edits it.

    Of an editable install the files lie elsewhere; they are the project's.
    """
    return is_installed(file) or is_installed(os.path.realpath(file))


def origin_of(name: str) -> str | None:
    """Return the file of an imported module; None when it has none, or was not imported after all."""
    module = sys.modules.get(name)
    spec = getattr(module, "__spec__", None)
    origin = getattr(spec, "origin", None) if spec is not None else None
    return origin if isinstance(origin, str) and os.sep in origin else None


def _project_file(frame: FrameType | None) -> str | None:
    while frame is not None:
        code: CodeType = frame.f_code
        if os.sep in code.co_filename and not is_third_party(code.co_filename):
            return code.co_filename
        frame = frame.f_back
    return None
