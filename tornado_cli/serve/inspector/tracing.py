"""Times what a request waits for: each await of its tasks that takes longer than a moment, with its place."""

import asyncio
import time
import types
from collections.abc import Callable, Coroutine, Generator
from types import FrameType
from typing import Any, cast

from tornado_cli.app.sites import Site, blame_of, short_name, site_of
from tornado_cli.serve.inspector.notes import CURRENT, Notes

SHORTEST = 0.001
"""Seconds of an await that is worth telling."""
MOST = 300
"""Awaits that are noted of a request."""

_Wait = tuple[float, float, Site | None, str]


class Tracing:
    """Of one request, from its making on: tasks that are begun for it meanwhile are stepped through by ours."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, notes: Notes, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._loop = loop
        self._notes = notes
        self._clock = clock
        self._began = clock() - notes.elapsed()
        self._waits: list[_Wait] = []
        self._theirs = loop.get_task_factory()
        # The one function object by which it is known again.
        self._ours: Any = self._make_task
        loop.set_task_factory(self._ours)

    def end(self) -> None:
        """Stop, and give the request what was seen."""
        if self._loop.get_task_factory() is self._ours:
            self._loop.set_task_factory(self._theirs)
        self._notes.awaits = [self._told(wait) for wait in sorted(self._waits, key=lambda wait: wait[:2])]

    def _make_task(self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> Any:
        if CURRENT.get() is self._notes and asyncio.iscoroutine(coroutine):
            coroutine = self._stepped(coroutine)
        if self._theirs is not None:
            return self._theirs(loop, coroutine, **options)
        return asyncio.Task(coroutine, loop=loop, **options)

    def _stepped(self, coroutine: Coroutine[Any, Any, Any]) -> Coroutine[Any, Any, Any]:
        async def stepped() -> Any:
            return await self._steps(coroutine)

        result: Any = stepped()
        # By these the task is known, in logs and debuggers.
        for name in ("__name__", "__qualname__"):
            setattr(result, name, getattr(coroutine, name, "?"))
        return cast("Coroutine[Any, Any, Any]", result)

    @types.coroutine
    def _steps(self, coroutine: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """Do what `await coroutine` does, and look at the clock before and after each suspension."""
        result: Any = None
        error: BaseException | None = None
        while True:
            try:
                awaited = coroutine.send(result) if error is None else coroutine.throw(error)
            except StopIteration as end:
                return end.value
            result, error = None, None
            began = self._clock()
            try:
                result = yield awaited
            except GeneratorExit:
                coroutine.close()
                raise
            except BaseException as thrown:  # noqa: BLE001 - it is the coroutine's to handle.
                error = thrown
            self._waited(coroutine, began, self._clock())

    def _waited(self, coroutine: Any, began: float, ended: float) -> None:
        if ended - began < SHORTEST or len(self._waits) >= MOST:
            return
        # It has not been stepped since: its frames still stand where they waited.
        stack = waiting_frames(coroutine)
        site = site_of(stack) if stack else None
        self._waits.append((began - self._began, ended - self._began, site, short_name_of(coroutine)))

    def _told(self, wait: _Wait) -> dict[str, Any]:
        began, ended, site, task = wait
        told: dict[str, Any] = {"began": began, "ended": ended, "task": task}
        if site is not None:
            blame = blame_of(site)
            told |= {"file": blame.file, "line": blame.line, "function": blame.function, "called": blame.called}
        return told


def waiting_frames(coroutine: Any) -> list[FrameType]:
    """Return the frames of a suspended coroutine and of what it awaits; the innermost is first."""
    frames: list[FrameType] = []
    while coroutine is not None:
        frame = next((getattr(coroutine, name, None) for name in _FRAMES if hasattr(coroutine, name)), None)
        if frame is not None:
            frames.insert(0, frame)
        coroutine = next((getattr(coroutine, name, None) for name in _AWAITED if hasattr(coroutine, name)), None)
    return frames


def short_name_of(coroutine: Any) -> str:
    code = next((getattr(coroutine, name, None) for name in _CODES if hasattr(coroutine, name)), None)
    return short_name(code) if isinstance(code, types.CodeType) else str(getattr(coroutine, "__qualname__", ""))


_FRAMES = ("cr_frame", "gi_frame", "ag_frame")
_AWAITED = ("cr_await", "gi_yieldfrom", "ag_await")
_CODES = ("cr_code", "gi_code", "ag_code")
