"""The event loop that `--loop` names."""

import asyncio
import selectors
from collections.abc import Callable, Mapping
from typing import Any

from tornado_cli.errors import UsageError


def check_loop(name: str) -> None:
    """Raise UsageError when the loop is not installed: before anything forks."""
    if name == "uvloop":
        try:
            import uvloop  # noqa: F401 - only to see whether it is there.
        except ImportError as error:
            raise UsageError("uvloop is not installed.", hint="pip install uvloop, or leave --loop out.") from error


def loop_factory(name: str) -> Callable[[], asyncio.AbstractEventLoop]:
    """Return what makes a new loop of that kind."""
    if name == "uvloop":
        import uvloop

        return uvloop.new_event_loop
    return asyncio.new_event_loop


def use_for_scripts(name: str) -> None:
    """Have a script that makes its own loop, by whatever way it knows, make one of that kind."""
    if name == "uvloop":
        import uvloop

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())


class RenewableLoop:
    """An asyncio loop that is made before a fork, and made new, in place, in each process that is forked.

    What an application has learned to be its loop stays that loop; what it holds of the kernel is not shared.
    """

    def __init__(self) -> None:
        self._selector = _RenewableSelector()
        self._loop = asyncio.SelectorEventLoop(self._selector)

    def get(self) -> asyncio.AbstractEventLoop:
        return self._loop

    def is_used(self) -> bool:
        """Say whether anything waits on it that a fork would copy."""
        # There is no public way to ask: what is scheduled, and what is waited for besides its own wakeup.
        return bool(self._loop._ready or self._loop._scheduled or len(self._selector.get_map()) > 1)  # type: ignore[attr-defined]  # noqa: SLF001

    def renew(self) -> None:
        """Be the loop of this process alone."""
        # Not yet run, so that only these two know the kernel: the pair of sockets that wakes it, and its selector.
        self._selector.renew()
        self._loop._close_self_pipe()  # type: ignore[attr-defined]  # noqa: SLF001
        self._loop._make_self_pipe()  # type: ignore[attr-defined]  # noqa: SLF001
        # asyncio forgets it at a fork.
        asyncio.set_event_loop(self._loop)


class _RenewableSelector(selectors.BaseSelector):
    """The system's best selector, exchangeable."""

    def __init__(self) -> None:
        self._inner = selectors.DefaultSelector()

    def renew(self) -> None:
        old, self._inner = self._inner, selectors.DefaultSelector()
        for key in old.get_map().values():
            self._inner.register(key.fileobj, key.events, key.data)
        old.close()

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._inner.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.modify(fileobj, events, data)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return self._inner.select(timeout)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._inner.get_map()

    def close(self) -> None:
        self._inner.close()
