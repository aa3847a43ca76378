"""What the consoles of open pages complain of, as lines of the log."""

import json
import logging
import os
import time
from typing import Any

from tornado_cli.logs.events import event
from tornado_cli.logs.masking import mask_text
from tornado_cli.serve.browser_tools.hiding import Hider

logger = logging.getLogger("tornado_cli.serve.browser")
_MOST = 20
"""Complaints in so many seconds, of all pages together; of the others the number is told."""
_WITHIN = 10.0
_LONGEST = 4000


class ConsoleLog:
    """Takes messages of pages, and believes nothing that they say."""

    def __init__(self) -> None:
        self._until = 0.0
        self._count = 0

    def take(self, message: str | bytes) -> None:
        complaint = _complaint_in(message)
        if complaint is None or not self._admits(time.monotonic()):
            return
        text, where = (mask_text(Hider(os.environ).text(part)) for part in complaint)
        first, _, rest = text.partition("\n")
        at = f" ({where})" if where else ""
        event(logger, logging.WARNING, "browser_console", f"In the browser: {first}{at}", traceback=rest, where=where)

    def _admits(self, now: float) -> bool:
        if now >= self._until:
            if self._count > _MOST:
                kept_back = self._count - _MOST
                event(logger, logging.WARNING, "browser_console", f"In the browser: {kept_back} more complaints.")
            self._until, self._count = now + _WITHIN, 0
        self._count += 1
        return self._count <= _MOST


def _complaint_in(message: str | bytes) -> tuple[str, str] | None:
    try:
        said: Any = json.loads(message)
    except (ValueError, RecursionError):
        return None
    match said:
        case {"console": str(text), "where": str(where)}:
            return text[:_LONGEST], where[:_LONGEST]
    return None
