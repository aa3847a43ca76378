"""What is told of a loop that somebody holds, in the same process."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
import uvloop

from tornado_cli.app.blocked.stretch import Blocked
from tornado_cli.app.blocked.watch import LoopWatch


def before(_: LoopWatch) -> None:
    time.sleep(0.3)


def aside(watch: LoopWatch) -> None:
    with watch.aside():
        time.sleep(0.3)


def after(_: LoopWatch) -> None:
    time.sleep(0.3)


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_what_is_done_aside_is_told_of_nobody_and_hides_nobody(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    told: list[str] = []

    def note(blocked: Blocked[Any, Any]) -> None:
        told.append(blocked.site.code.co_name)

    async def hold() -> None:
        loop = asyncio.get_running_loop()
        watch = LoopWatch(loop, 0.1, lambda _: None, note)
        # The first turn begins to watch.
        await asyncio.sleep(0.1)
        for callback in (before, aside, after):
            loop.call_soon(callback, watch)
        await asyncio.sleep(0.1)
        watch.stop()

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(hold())
    assert told == ["before", "after"]
