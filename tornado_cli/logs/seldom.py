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

    def tell(self, kind: str, text: str, **fields: Any) -> None:
        """Log `text`, with how many were not told of since the last line; or count it, when that was just now."""
        now = self._clock()
        if now < self._again_at.get(kind, 0.0):
            self._untold[kind] = self._untold.get(kind, 0) + 1
            return
        self._again_at[kind] = now + PAUSE
        untold = self._untold.pop(kind, 0)
        if untold:
            text = f"{text} {untold} more since the last line about it."
        event(self._logger, logging.INFO, kind, text, untold=untold, **fields)
