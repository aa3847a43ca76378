"""Decides, from one look at the loop after another, which call has held it for too long."""

from collections import Counter
from collections.abc import Hashable
from typing import Generic, TypeVar

from tornado_cli.records import Record

STILL = 5.0
"""Seconds after which a call is reported that holds the loop still."""
_BLIND = 0.1
"""Seconds that a look may come late on a busy machine."""

S = TypeVar("S", bound=Hashable)
R = TypeVar("R")


class Look(Record, Generic[S, R], kw_only=True):
    """What is seen of the loop at one moment; times by the monotonic clock."""

    now: float
    turn: float | None
    """When the loop's present turn began; None while it waits."""
    ended_at: float = 0.0
    """When the turn of the last look ended, if it has."""
    call: object = None
    """The callback that is being run, by identity; None when it was not looked for."""
    site: S | None = None
    """Where in it the loop is."""
    request: R | None = None
    """For whom it is at work."""
    late: float = 0.0
    """Seconds by which this look came later than it was meant to, though it had a CPU."""
    cpu: float = 0.0
    """Seconds of CPU that the loop's thread has used since the last look."""
    starved: float = 0.0
    """Seconds in which it would have run since then, but had no CPU."""


class Blocked(Record, Generic[S, R]):
    """One call has held the loop for so many seconds."""

    seconds: float
    site: S
    request: R | None
    is_over: bool


class _Stretch(Generic[S, R]):
    def __init__(self, turn: float, call: object, began: float) -> None:
        self.turn = turn
        self.call = call
        self.began = began
        self.sites: Counter[S] = Counter()
        self.request: R | None = None
        self.starved = 0.0
        self.was_told = False

    def blocked(self, until: float, *, is_over: bool) -> Blocked[S, R]:
        [(site, _)] = self.sites.most_common(1)
        return Blocked(until - self.began, site, self.request, is_over)


class Stretches(Generic[S, R]):
    """The call that the last looks have found, if it is always the same one."""

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._stretch: _Stretch[S, R] | None = None
        self._seen_turn: float | None = None
        """The last turn of which a call was seen."""

    @property
    def began(self) -> float | None:
        """When the call began that holds the loop; None when none is known to."""
        return None if self._stretch is None else self._stretch.began

    def request_of(self, call: object) -> R | None:
        """For whom a call is at work, when it is the one that holds the loop and that is known."""
        return self._stretch.request if self._stretch is not None and self._stretch.call is call else None

    def forget(self, turn: float) -> None:
        """Hold what has been seen of a turn against nobody: somebody sits at a breakpoint."""
        if self._stretch is not None and self._stretch.turn == turn:
            self._stretch = None

    def after(self, look: Look[S, R]) -> Blocked[S, R] | None:
        """Return what is to be reported after this look."""
        ended = self._ended(look)
        if look.turn is not None and look.call is not None and look.site is not None:
            if self._stretch is None:
                # The first call that is seen of a turn is taken to have run since the turn began: most have but one.
                began = look.now if look.turn == self._seen_turn else look.turn
                self._stretch = _Stretch(look.turn, look.call, began)
            self._seen_turn = look.turn
            self._stretch.sites[look.site] += 1
            self._stretch.request = self._stretch.request or look.request
            self._stretch.starved += min(look.starved, look.now - self._stretch.began)
            if self._is_blind(look):
                self._stretch.began = look.now
        return ended or self._still_going(look)

    def _is_blind(self, look: Look[S, R]) -> bool:
        """Whether too much time has passed unseen.

        Code that keeps the interpreter to itself uses the CPU meanwhile, though on a busy machine not all of it. If
        nobody did, this process was stopped: no callback's fault.
        """
        unseen = look.late - look.starved
        return unseen > _BLIND and look.cpu < min(unseen / 5, self._threshold / 2)

    def _ended(self, look: Look[S, R]) -> Blocked[S, R] | None:
        """A call has ended when its turn has, or when another one is being run."""
        stretch = self._stretch
        if stretch is None or (look.turn == stretch.turn and look.call in {None, stretch.call}):
            return None
        self._stretch = None
        until = look.now if look.turn == stretch.turn else look.ended_at
        if self._is_blind(look):
            until -= look.late
        # A busy machine makes everything slow: that is not the code's fault either.
        own = until - stretch.began - stretch.starved - look.starved
        return stretch.blocked(until, is_over=True) if own > self._threshold else None

    def _still_going(self, look: Look[S, R]) -> Blocked[S, R] | None:
        stretch = self._stretch
        if stretch is None or stretch.was_told or look.now - stretch.began < STILL:
            return None
        stretch.was_told = True
        return stretch.blocked(look.now, is_over=False)
