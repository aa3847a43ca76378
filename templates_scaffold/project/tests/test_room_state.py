"""Rooms without a browser: who is there and what was said."""

import asyncio

from project_name.rooms.hub import ROOMS_KEPT, Hub
from project_name.rooms.messages import Line
from project_name.rooms.rate import TokenBucket
from project_name.rooms.room import LINES_KEPT, Room

from .room_listener import Listener


def line(at: float, text: str = "x") -> Line:
    return Line(id=str(at), name="Ada", text=text, at=at)


def test_a_room_keeps_the_newest_lines_in_their_order() -> None:
    room = Room()
    assert len(room.add(line(at) for at in range(LINES_KEPT))) == LINES_KEPT
    assert [one.at for one in room.add([line(0.5), line(49), line(50)])] == [50]
    assert [one.at for one in room.lines] == list(range(1, LINES_KEPT + 1))


def test_what_is_done_too_often_has_to_wait() -> None:
    now = 0.0
    bucket = TokenBucket(burst=2, per_second=0.5, clock=lambda: now)
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    now = 2.0
    assert [bucket.take() for _ in range(2)] == [True, False]


def test_rooms_that_nobody_is_in_are_forgotten_when_there_are_too_many() -> None:
    async def visit() -> None:
        hub = Hub()
        async with hub.running():
            hub.enter("first", guest := Listener("Ada"))
            for number in range(ROOMS_KEPT + 5):
                hub.enter(f"room-{number}", guest)
                hub.leave(f"room-{number}", guest)
            assert len(hub.rooms) == ROOMS_KEPT
            assert "first" in hub.rooms
            assert "room-0" not in hub.rooms

    asyncio.run(visit())


def test_a_guest_who_left_hears_nothing_more() -> None:
    async def talk() -> None:
        hub = Hub()
        async with hub.running():
            hub.enter("lobby", ada := Listener("Ada"))
            hub.enter("lobby", bob := Listener("Bob"))
            assert ada.people == bob.people == ["Ada", "Bob"]
            hub.leave("lobby", bob)
            hub.say("lobby", ada, "hello")
            assert ada.people == ["Ada"]
            assert (ada.texts, bob.texts) == (["hello"], [])

    asyncio.run(talk())
