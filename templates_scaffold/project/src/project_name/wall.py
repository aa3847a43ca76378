"""The wall: short notes for all who look, kept while the process lives."""

import asyncio
from collections import deque
from dataclasses import dataclass

MOST_NOTES = 100
LONGEST_NOTE = 200


@dataclass(frozen=True, kw_only=True)
class Note:
    number: int
    text: str


class Wall:
    def __init__(self) -> None:
        self.notes: deque[Note] = deque(maxlen=MOST_NOTES)
        self.number = 0
        self.changed = asyncio.Event()

    def put(self, text: str) -> None:
        self.number += 1
        self.notes.append(Note(number=self.number, text=text))
        self.wake()

    def after(self, number: int) -> list[Note]:
        return [note for note in self.notes if note.number > number]

    async def news(self, number: int, patience: float) -> list[Note]:
        """Return the notes after `number`, as soon as there are some or patience ends."""
        if not self.after(number):
            try:
                async with asyncio.timeout(patience):
                    await self.changed.wait()
            except TimeoutError:
                return []
        return self.after(number)

    def wake(self) -> None:
        """Let everybody who waits look again, and go if there is nothing."""
        self.changed.set()
        self.changed = asyncio.Event()
