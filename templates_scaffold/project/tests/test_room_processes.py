"""Rooms that several processes share."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from project_name.rooms import hub as hub_module
from project_name.rooms.fanout import InProcess
from project_name.rooms.hub import Hub

from .room_listener import Listener


@asynccontextmanager
async def two_processes() -> AsyncIterator[tuple[Hub, Hub]]:
    fanout = InProcess()
    one, two = Hub(fanout), Hub(fanout)
    async with one.running(), two.running():
        yield one, two


def test_what_is_said_in_one_process_is_heard_in_the_other() -> None:
    async def talk() -> None:
        async with two_processes() as (one, two):
            ada, bob = Listener("Ada"), Listener("Bob")
            one.enter("lobby", ada)
            one.say("lobby", ada, "before")
            two.enter("lobby", bob)
            two.enter("elsewhere", stranger := Listener("Eve"))
            assert ada.people == bob.people == ["Ada", "Bob"]
            two.say("lobby", bob, "after")
            assert ada.texts == bob.texts == ["before", "after"]
            assert (stranger.people, stranger.texts) == (["Eve"], [])
            one.leave("lobby", ada)
            assert bob.people == ["Bob"]

    asyncio.run(talk())


def test_what_was_said_while_there_was_no_way_to_the_others_comes_later() -> None:
    async def talk() -> None:
        fanout, broken = InProcess(), InProcess()
        one, two = Hub(fanout), Hub(broken)
        async with one.running(), two.running():
            one.enter("lobby", ada := Listener("Ada"))
            two.enter("lobby", bob := Listener("Bob"))
            one.say("lobby", ada, "hello")
            two.say("lobby", bob, "anybody?")
            two.fanout = fanout
            async with fanout.running(two):
                assert ada.texts == ["hello", "anybody?"]
                assert bob.texts == ["anybody?", "hello"]
                assert ada.people == bob.people == ["Ada", "Bob"]

    asyncio.run(talk())


def test_people_are_gone_with_the_process_that_they_came_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def talk() -> None:
        fanout = InProcess()
        one, two = Hub(fanout), Hub(fanout)
        async with one.running():
            one.enter("lobby", ada := Listener("Ada"))
            async with two.running():
                two.enter("lobby", Listener("Bob"))
                assert ada.people == ["Ada", "Bob"]
            assert ada.people == ["Ada"]
            # One that was killed says nothing at all.
            async with two.running():
                two.enter("lobby", Listener("Bob"))
                assert ada.people == ["Ada", "Bob"]
                fanout.listeners.remove(two)
                monkeypatch.setattr(hub_module, "SILENCE", 0.0)
                one.forget_silent(one.rooms["lobby"])
                assert ada.people == ["Ada"]
                fanout.listeners.append(two)

    asyncio.run(talk())
