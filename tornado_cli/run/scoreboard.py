"""The scoreboard: what each worker is doing, in memory that all map and each writes its own row of."""

import time
from dataclasses import dataclass
from enum import IntEnum, auto

from tornado_cli.http.refusals.kinds import Kind
from tornado_cli.system.shared_words import SharedWords

LAYOUT = 2
"""Changes when columns do: who maps another layout must not read it."""


class Header(IntEnum):
    """Words before the first row; the supervisor writes them."""

    LAYOUT = 0
    WAS_READY = auto()
    """Whether the generation has ever been ready."""


class Column(IntEnum):
    """Words of a row; the worker in the slot writes them. Counters are only added to."""

    STATE = 0
    PID = auto()
    HEARTBEAT = auto()
    """Nanoseconds of the monotonic clock."""
    STARTED = auto()
    """Nanoseconds since the epoch."""
    IN_FLIGHT = auto()
    CONNECTIONS = auto()
    REQUESTS = auto()
    STATUS_1XX = auto()
    STATUS_2XX = auto()
    STATUS_3XX = auto()
    STATUS_4XX = auto()
    STATUS_5XX = auto()
    BYTES = auto()
    """Of answers' bodies."""
    REFUSED_400 = auto()
    """What our limits or Tornado have refused, by status; the application never saw it."""
    REFUSED_408 = auto()
    REFUSED_413 = auto()
    REFUSED_414 = auto()
    REFUSED_421 = auto()
    REFUSED_431 = auto()
    REFUSED_503 = auto()
    CUT_OFF = auto()
    """Clients that did not read their answers, shook no hands, or were introduced by no proxy."""
    LAST_IN_FLIGHT = auto()
    """The gauge as the slot's last worker left it."""
    LAST_CONNECTIONS = auto()
    LAST_REQUESTS = auto()
    """What the slot's earlier workers had answered together."""


# On the path of each request: a plain int costs a third of an enum's member.
_IN_FLIGHT = int(Column.IN_FLIGHT)
_CONNECTIONS = int(Column.CONNECTIONS)
_REQUESTS = int(Column.REQUESTS)
_BYTES = int(Column.BYTES)
_BEFORE_1XX = int(Column.STATUS_1XX) - 1


class State(IntEnum):
    EMPTY = 0
    WAITING = auto()
    STARTING = auto()
    READY = auto()
    DRAINING = auto()


class Scoreboard:
    """A header and one row for each slot."""

    def __init__(self, words: SharedWords) -> None:
        self._words = words
        if words[Header.LAYOUT] != LAYOUT:
            raise ValueError(f"scoreboard of layout {words[Header.LAYOUT]}, not {LAYOUT}")

    @classmethod
    def create(cls, slots: int) -> "Scoreboard":
        words = SharedWords.create("tcli-scoreboard", _word_count(slots))
        words[Header.LAYOUT] = LAYOUT
        return cls(words)

    @classmethod
    def inherited(cls, descriptor: int, slots: int) -> "Scoreboard":
        return cls(SharedWords(descriptor, _word_count(slots)))

    @property
    def descriptor(self) -> int:
        return self._words.descriptor

    @property
    def was_ready(self) -> bool:
        return bool(self._words[Header.WAS_READY])

    @was_ready.setter
    def was_ready(self, value: bool) -> None:
        self._words[Header.WAS_READY] = value

    def get(self, slot: int, column: Column) -> int:
        return self._words[len(Header) + slot * len(Column) + column]

    def in_flight_of(self, slot: int, pid: int) -> int:
        """Return what a worker that has ended left in flight; its successor may have taken the row over."""
        is_still_its_own = self.get(slot, Column.PID) == pid
        return self.get(slot, Column.IN_FLIGHT if is_still_its_own else Column.LAST_IN_FLIGHT)

    def row(self, slot: int) -> "Row":
        start = len(Header) + slot * len(Column)
        return Row(self._words.slice(start, len(Column)))

    def close(self) -> None:
        self._words.close()


@dataclass(slots=True)
class Row:
    """A worker's own row: the tally of what it serves."""

    words: memoryview

    def take_over(self, pid: int) -> None:
        """Begin as a slot's new worker: what the last one had open is kept apart, its counts go on."""
        words = self.words
        words[Column.LAST_IN_FLIGHT] = words[Column.IN_FLIGHT]
        words[Column.LAST_CONNECTIONS] = words[Column.CONNECTIONS]
        words[Column.LAST_REQUESTS] = words[Column.REQUESTS]
        words[Column.IN_FLIGHT] = words[Column.CONNECTIONS] = 0
        words[Column.PID] = pid
        words[Column.STARTED] = time.time_ns()
        words[Column.STATE] = State.WAITING

    def set_state(self, state: State) -> None:
        self.words[Column.STATE] = state

    def beat(self) -> None:
        self.words[Column.HEARTBEAT] = time.monotonic_ns()

    def ready(self) -> None:
        self.set_state(State.READY)

    def connection_opened(self) -> None:
        self.words[_CONNECTIONS] += 1

    def connection_closed(self) -> None:
        self.words[_CONNECTIONS] -= 1

    def request_began(self) -> None:
        self.words[_IN_FLIGHT] += 1

    def request_ended(self, status: int, size: int) -> None:
        words = self.words
        words[_IN_FLIGHT] -= 1
        words[_REQUESTS] += 1
        words[_BYTES] += size
        if 100 <= status < 600:  # noqa: PLR2004 - what HTTP calls a status.
            words[_BEFORE_1XX + status // 100] += 1

    def refused(self, kind: Kind) -> None:
        self.words[Column[f"REFUSED_{kind.status}"] if kind.status else Column.CUT_OFF] += 1

    def draining(self) -> None:
        self.set_state(State.DRAINING)


def _word_count(slots: int) -> int:
    return len(Header) + slots * len(Column)
