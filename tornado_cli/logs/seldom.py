"""Events that strangers can cause at will: each kind is told at once, then counted and told once a minute."""

import logging
import time
from collections.abc import Callable
from typing import Any

from tornado_cli.logs.events import event

PAUSE = 60.0
"""Seconds between two lines about the same kind of event."""


class Seldom:
    """Tells of events by `logger`; `clock` is monotonic, in seconds."""

    def __init__(self, logger: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._logger = logger
        self._clock = clock
        self._again_at: dict[str, float] = {}
        self._untold: dict[str, int] = {}
        self._latest: dict[str, tuple[str, int, dict[str, Any]]] = {}

    def tell(self, kind: str, text: str, *, level: int = logging.INFO, **fields: Any) -> None:
        """Log `text`, with how many were not told of since the last line; or count it, when that was just now."""
        self._latest[kind] = (text, level, fields)
        if self._clock() < self._again_at.get(kind, 0.0):
            self._untold[kind] = self._untold.get(kind, 0) + 1
            return
        self._log(kind, self._untold.pop(kind, 0))

    def tell_due(self, *, at_last: bool = False) -> None:
        """Tell of the latest of each kind that has only been counted, where the last line is long enough ago.

        `at_last` is the end of it all, where nothing waits.
        """
        now = self._clock()
        for kind in [kind for kind in self._untold if at_last or now >= self._again_at[kind]]:
            # The latest is one of them, and told now.
            self._log(kind, self._untold.pop(kind) - 1)

    def _log(self, kind: str, untold: int) -> None:
        text, level, fields = self._latest[kind]
        self._again_at[kind] = self._clock() + PAUSE
        if untold:
            text = f"{text} {untold} more since the last line about it."
        event(self._logger, level, kind, text, untold=untold, **fields)
