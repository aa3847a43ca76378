"""The rooms of this process: who comes and goes, what is said and heard."""

import asyncio  # % if broker
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from .fanout import Fanout, InProcess
from .messages import (
    Line,
    Lines,
    Notice,
    People,
    Said,
    State,  # % if broker
)
from .room import Member, Room

ROOMS_KEPT = 200
# % if broker
# Seconds from one sign of life of a process to the next, and without any until its people count as gone.
BEAT = 10.0
SILENCE = 30.0
# % endif


class Hub:
    def __init__(self, fanout: Fanout | None = None) -> None:
        self.rooms: dict[str, Room] = {}
        self.fanout = fanout or InProcess()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        # % if broker
        # Not before: several processes may have been forked from the one that made this object.
        self.process = uuid.uuid4().hex
        async with self.fanout.running(self):
            beating = asyncio.create_task(self.beat())
            try:
                yield
            finally:
                beating.cancel()
                self.say_goodbye()
        # % else
        # %| async with self.fanout.running(self):
        # %|     yield
        # % endif

    def enter(self, name: str, member: Member) -> None:
        is_new = name not in self.rooms  # % if broker
        # Last in the order: the first are forgotten first.
        room = self.rooms.pop(name, None) or Room()
        self.rooms[name] = room
        room.members.add(member)
        self.forget_rooms()
        member.tell(Lines(lines=room.lines).model_dump_json())
        self.tell_people(room)
        self.tell_state(name, room, asks=is_new)  # % if broker

    def leave(self, name: str, member: Member) -> None:
        room = self.rooms.get(name)
        if room and member in room.members:
            room.members.remove(member)
            self.tell_people(room)
            self.tell_state(name, room)  # % if broker

    def say(self, name: str, member: Member, text: str) -> None:
        line = Line(id=uuid.uuid4().hex, name=member.name, text=text, at=time.time())
        self.fanout.publish(Said(room=name, line=line))

    def hear(self, notice: Notice) -> None:
        room = self.rooms.get(notice.room)
        if room is None:
            return
        # % if broker
        match notice:
            case Said():
                self.take(room, [notice.line])
            case State() if notice.process != self.process:
                self.take(room, notice.lines)
                self.note(room, notice)
                if notice.asks:
                    self.tell_state(notice.room, room, lines=room.lines)
        # % else
        # %| self.take(room, [notice.line])
        # % endif

    def take(self, room: Room, lines: Sequence[Line]) -> None:
        new = room.add(lines)
        if new:
            room.tell(Lines(lines=new).model_dump_json())

    def tell_people(self, room: Room) -> None:
        # % if broker
        room.tell(People(names=room.people).model_dump_json())
        # % else
        # %| room.tell(People(names=room.names).model_dump_json())
        # % endif

    # % if broker
    def tell_state(
        self, name: str, room: Room, *, lines: Sequence[Line] = (), asks: bool = False
    ) -> None:
        """Tell the other processes who is there, and, where they may not know it, what was said."""
        state = State(room=name, process=self.process, names=room.names, lines=lines, asks=asks)
        self.fanout.publish(state)

    def note(self, room: Room, state: State) -> None:
        before = room.people
        room.note(state.process, state.names, time.monotonic())
        if room.people != before:
            self.tell_people(room)

    def greet(self) -> None:
        """Exchange with the others what was missed: there was no way to them, and now there is."""
        for name, room in self.rooms.items():
            self.tell_state(name, room, lines=room.lines, asks=True)

    async def beat(self) -> None:
        """Tell who is there from time to time; forget those of whom nothing is heard any more."""
        while True:
            await asyncio.sleep(BEAT)
            for name, room in self.rooms.items():
                if room.members:
                    self.tell_state(name, room)
                self.forget_silent(room)

    def forget_silent(self, room: Room) -> None:
        before = room.people
        room.forget(time.monotonic() - SILENCE)
        if room.people != before:
            self.tell_people(room)

    def say_goodbye(self) -> None:
        for name, room in self.rooms.items():
            room.members.clear()
            self.tell_state(name, room)

    # % endif
    def forget_rooms(self) -> None:
        """Forget what was said in rooms where nobody is, as far as there are too many."""
        empty = [name for name, room in self.rooms.items() if not room.members]
        for name in empty[: max(0, len(self.rooms) - ROOMS_KEPT)]:
            del self.rooms[name]
