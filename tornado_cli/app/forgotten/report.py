"""Says in one line what has been forgotten, and where it was made; with the traceback of what it failed with."""

import logging
import time

from tornado_cli.app.failures import Failure
from tornado_cli.app.repeats import Repeats
from tornado_cli.app.sites import Blame
from tornado_cli.logs.events import event

logger = logging.getLogger("tornado_cli.app")

_SAME_MOMENT = 0.1


class Reporter:
    """Of one place there is not more than can be read."""

    def __init__(self) -> None:
        self._repeats = Repeats()
        self._last_unclosed: tuple[Blame | None, float] = (None, 0.0)
        self.is_on = True

    def never_awaited(self, coroutine: str, place: Blame) -> None:
        text = f"The coroutine {coroutine} was never awaited."
        self._tell(logging.WARNING, "never_awaited", text, place, coroutine=coroutine)

    def failed_task(self, coroutine: str, place: Blame | None, failure: Failure) -> None:
        text = f"A task has failed, and nobody asked for its result: {coroutine}, {failure.title}."
        self._tell(logging.ERROR, "task_failed", text, place, failure.traceback_text, coroutine=coroutine)

    def lost_task(self, coroutine: str, place: Blame | None) -> None:
        text = f"A task was dropped before its end, as nothing held it: {coroutine}."
        self._tell(logging.ERROR, "task_lost", text, place, coroutine=coroutine)

    def unclosed(self, what: str, place: Blame) -> None:
        """Report a thing; what it consists of complains at the same moment, and was made at the same place."""
        now, last = time.monotonic(), self._last_unclosed
        self._last_unclosed = (place, now)
        if place == last[0] and now - last[1] < _SAME_MOMENT:
            return
        self._tell(logging.WARNING, "unclosed", f"Never closed: {what}.", place, what=what)

    def _tell(
        self, level: int, name: str, text: str, place: Blame | None, traceback: str = "", **fields: object
    ) -> None:
        where = (place.file, place.line) if place else text
        kept_back = self._repeats.admits((name, where), time.monotonic()) if self.is_on else None
        if kept_back is None:
            return
        text += f" It was made at {place}." if place else ""
        text += f" {kept_back} more times before." if kept_back else ""
        of_place = {"file": place.file, "line": place.line, "function": place.function} if place else {}
        event(logger, level, name, text, traceback=traceback, kept_back=kept_back, **of_place, **fields)
