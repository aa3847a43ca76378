"""A loop that puts off the end of its waiting behaves as any other, and asks less of the kernel."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tornado.ioloop import IOLoop

from tornado_cli.http.interest import put_off_stops

DEADLINE = 5.0
READ, WRITE, ERROR = IOLoop.READ, IOLoop.WRITE, IOLoop.ERROR
EVENTS = st.sampled_from([0, ERROR, READ | ERROR, WRITE | ERROR, READ | WRITE | ERROR])
STEPS = st.one_of(
    st.tuples(st.just("wait for"), EVENTS), st.tuples(st.sampled_from(["send", "read", "forget"]), st.just(0))
)


def plain(_loop: IOLoop) -> None:
    """Leave a loop as Tornado has it."""


def told_by(change: Callable[[IOLoop], None], steps: Sequence[tuple[str, int]]) -> list[set[int]]:
    """Return the events that a handler is told after each step."""

    async def main() -> list[set[int]]:
        loop = IOLoop.current()
        change(loop)
        with ExitStack() as stack:
            ours, theirs = map(stack.enter_context, socket.socketpair())
            ours.setblocking(False)
            told: list[set[int]] = []
            is_known = False

            def take(step: str, events: int) -> None:
                nonlocal is_known
                if step == "wait for" and is_known:
                    loop.update_handler(ours.fileno(), events)
                elif step == "wait for":
                    loop.add_handler(ours.fileno(), lambda _, happened: told[-1].add(happened), events)
                    is_known = True
                elif step == "send":
                    theirs.send(b"x")
                elif step == "forget":
                    loop.remove_handler(ours.fileno())
                    is_known = False
                else:
                    read_all(ours)

            for step, events in steps:
                told.append(set())
                take(step, events)
                told[-1].clear()
                for _ in range(3):
                    await asyncio.sleep(0)
            loop.remove_handler(ours.fileno())
            return told

    return asyncio.run(main())


def read_all(end: socket.socket) -> None:
    try:
        end.recv(1000)
    except BlockingIOError:
        """Nothing has come."""


@given(st.lists(STEPS, max_size=12))
def test_whatever_is_waited_for_is_told_as_by_any_other_loop(steps: list[tuple[str, int]]) -> None:
    assert told_by(put_off_stops, steps) == told_by(plain, steps)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked of the kernel about reading."""
    asked: list[str] = []
    for name in ("_add_reader", "_remove_reader"):
        real = getattr(asyncio.SelectorEventLoop, name)

        def noting(self: Any, fd: int, *rest: Any, real: Any = real, name: str = name) -> Any:
            asked.append(name)
            return real(self, fd, *rest)

        monkeypatch.setattr(asyncio.SelectorEventLoop, name, noting)
    return asked


def test_a_pause_in_which_nothing_comes_asks_nothing_of_the_kernel(calls: list[str]) -> None:
    async def main() -> None:
        loop = IOLoop.current()
        put_off_stops(loop)
        ours, theirs = socket.socketpair()
        with ours, theirs:
            loop.add_handler(ours, lambda *_: None, READ)
            calls.clear()
            for _ in range(3):
                loop.update_handler(ours, ERROR)
                loop.update_handler(ours.fileno(), READ | ERROR)
            assert calls == []
            loop.update_handler(ours, ERROR)
            theirs.send(b"x")
            # The loop sees it in its next round, or in that after.
            for _ in range(3):
                await asyncio.sleep(0)
            assert calls == ["_remove_reader"]
            loop.remove_handler(ours)

    asyncio.run(asyncio.wait_for(main(), DEADLINE))
