"""Remembers where sockets, files and clients were made, so cheaply that it can always be done in development."""

import contextlib
import functools
import sys
from types import FunctionType, ModuleType
from typing import Any

from tornado_cli.app.after_import import after_import
from tornado_cli.app.sites import Site, project_site_above

_MOST = 5000
"""Places that are remembered; then all are forgotten."""
_CLIENTS = {
    "aiohttp.client": "ClientSession",
    "redis.asyncio.client": "Redis",
    "redis.asyncio.connection": "AbstractConnection",
}
"""Classes that complain when they are not closed; of any other class this is learned from its first complaint."""


class Origins:
    """By class and identity, which nobody else has while the object is there; of files by their name.

    Neither tracemalloc nor references: the one costs most of the speed, the other would keep things alive.
    """

    def __init__(self) -> None:
        self._sites: dict[tuple[type, int | str], Site] = {}
        self._learned: set[type] = set()
        self._is_on = True

    def start(self) -> None:
        after_import({module: functools.partial(self._learn_in, name) for module, name in _CLIENTS.items()})
        sys.addaudithook(self._hook)

    def stop(self) -> None:
        """Forget everything. The hook cannot be taken away: it does nothing from now on."""
        self._is_on = False
        self._sites.clear()

    def _learn_in(self, name: str, module: ModuleType) -> None:
        kind = getattr(module, name, None)
        if isinstance(kind, type):
            self.learn(kind)

    def learn(self, kind: type) -> None:
        """Note from now on where instances of a class written in Python are made."""
        initialize = kind.__dict__.get("__init__")
        if kind in self._learned or not isinstance(initialize, FunctionType):
            return
        self._learned.add(kind)

        @functools.wraps(initialize)
        def noted(instance: object, *args: Any, **kwargs: Any) -> None:
            if self._is_on:
                self._note((type(instance), id(instance)))
            initialize(instance, *args, **kwargs)

        # A metaclass may be against it.
        with contextlib.suppress(AttributeError, TypeError):
            kind.__init__ = noted  # type: ignore[misc]

    def of(self, thing: object) -> Site | None:
        """Return where it was made, when that was seen."""
        # What asyncio wraps around a socket: a transport.
        for one in (thing, getattr(thing, "_sock", None)):
            site = self._sites.get((type(one), id(one)))
            if site is not None:
                return site
        return self._sites.get((str, str(getattr(thing, "name", ""))))

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        # Called for everything that Python audits: most of it ends here.
        if event == "socket.__new__":
            if self._is_on:
                self._note((type(arguments[0]), id(arguments[0])))
        elif event == "open" and self._is_on and isinstance(arguments[0], str):
            self._note((str, arguments[0]))

    def _note(self, key: tuple[type, int | str]) -> None:
        # The caller's caller; there is no other way to see it.
        site = project_site_above(sys._getframe(2))  # noqa: SLF001
        if site is None:
            # Else it would be taken for the one that was there before.
            self._sites.pop(key, None)
            return
        if len(self._sites) >= _MOST:
            self._sites.clear()
        self._sites[key] = site
