"""The waterfall of a request: each await that takes a while, with its place, and nothing of the program changed."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from tornado_cli.serve.inspector.notes import CURRENT, Notes
from tornado_cli.serve.inspector.tracing import Tracing
from tornado_cli.serve.inspector.waterfall import WIDTH, bars_of


@pytest.fixture(autouse=True)
def a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make it long enough for a busy machine to tell it from no time at all."""
    monkeypatch.setattr("tornado_cli.serve.inspector.tracing.SHORTEST", 0.02)


async def short() -> None:
    await asyncio.sleep(0)


async def nap(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "rested"


async def several() -> tuple[str, str]:
    await short()
    await nap(0.05)
    return await asyncio.gather(nap(0.05), nap(0.08))


async def gives_up() -> str:
    try:
        async with asyncio.timeout(0.05):
            await asyncio.sleep(60)
    except TimeoutError:
        return "gave up"
    return "slept"


def awaits_of(work: Callable[[], Coroutine[Any, Any, Any]]) -> tuple[Any, list[dict[str, Any]]]:
    """Return what the work returns or raises, and what was seen."""
    return asyncio.run(_traced(work))


async def _traced(work: Callable[[], Coroutine[Any, Any, Any]]) -> tuple[Any, list[dict[str, Any]]]:
    notes = Notes("GET", "/", [])
    loop = asyncio.get_running_loop()
    tracing = Tracing(loop, notes)
    token = CURRENT.set(notes)
    task: Awaitable[Any] = loop.create_task(work())
    CURRENT.reset(token)
    result = (await asyncio.gather(task, return_exceptions=True))[0]
    tracing.end()
    assert loop.get_task_factory() is None
    return result, notes.awaits


def test_each_await_that_takes_a_while_has_its_place_and_each_task_its_own() -> None:
    result, seen = awaits_of(several)
    assert list(result) == ["rested", "rested"]
    assert [(one["called"], one["function"], one["task"]) for one in seen] == [
        ("asyncio.sleep", "nap", "several"),
        ("asyncio.gather", "several", "several"),
        ("asyncio.sleep", "nap", "nap"),
        ("asyncio.sleep", "nap", "nap"),
    ]
    assert {one["file"] for one in seen} == {__file__}
    alone, gathered, first, second = seen
    assert alone["ended"] <= gathered["began"] <= first["began"] <= second["began"]
    assert first["ended"] <= second["ended"] <= gathered["ended"]


def test_what_is_thrown_into_an_await_arrives_where_it_waits() -> None:
    result, seen = awaits_of(gives_up)
    assert result == "gave up"
    assert [one["called"] for one in seen] == ["asyncio.sleep"]


def test_what_is_raised_comes_out() -> None:
    async def fails() -> None:
        await nap(0.05)
        raise LookupError("tea")

    result, seen = awaits_of(fails)
    assert isinstance(result, LookupError)
    assert len(seen) == 1


def test_tasks_of_other_requests_are_left_alone() -> None:
    async def both() -> list[dict[str, Any]]:
        notes = Notes("GET", "/", [])
        tracing = Tracing(asyncio.get_running_loop(), notes)
        await asyncio.create_task(nap(0.05))
        tracing.end()
        return notes.awaits

    assert asyncio.run(both()) == []


def test_a_task_factory_of_the_applications_own_makes_the_tasks_all_the_same() -> None:
    made = []

    def factory(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        made.append(coroutine.__qualname__)
        return asyncio.Task(coroutine, loop=loop, **options)

    async def both() -> None:
        loop = asyncio.get_running_loop()
        loop.set_task_factory(factory)
        notes = Notes("GET", "/", [])
        tracing = Tracing(loop, notes)
        token = CURRENT.set(notes)
        await loop.create_task(nap(0.05))
        CURRENT.reset(token)
        tracing.end()
        assert loop.get_task_factory() is factory
        assert len(notes.awaits) == 1

    asyncio.run(both())
    assert made[0] == "nap"


def one_await(began: float, ended: float, task: str = "get") -> dict[str, Any]:
    return {"began": began, "ended": ended, "task": task, "called": "f", "file": "/a.py", "line": 3, "function": "get"}


@pytest.mark.parametrize(
    ("began", "ended", "start", "width"),
    [(0.0, 1.0, 0, WIDTH), (0.25, 0.75, 250, 500), (0.5, 0.5, 500, 3), (1.0, 1.0, WIDTH - 3, 3), (-0.1, 0.1, 0, 200)],
)
def test_bars_stand_where_their_time_is(began: float, ended: float, start: int, width: int) -> None:
    [bar] = bars_of([one_await(began, ended)], 1.0)
    assert (bar.start, bar.width) == (start, width)


def test_only_tasks_besides_the_first_are_named() -> None:
    bars = bars_of([one_await(0, 1), one_await(0, 2, "child")], 1.0)
    assert [bar.task for bar in bars] == ["", "child"]
    assert [bar.width for bar in bars] == [500, WIDTH]


def test_of_nothing_there_are_no_bars() -> None:
    assert bars_of([], 0.0) == []
