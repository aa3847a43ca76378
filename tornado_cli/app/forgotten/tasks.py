"""What asyncio tells of tasks that were forgotten, and of clients that complain to the loop."""

import asyncio
from pathlib import Path
from typing import Any

import tornado_cli
from tornado_cli.app.failures import describe_failure
from tornado_cli.app.forgotten.report import Reporter
from tornado_cli.app.forgotten.warned import ForgottenWarnings, place_in

_OUR_ROOT = Path(tornado_cli.__file__).parent


class ForgottenTasks:
    """The exception handler of a loop that has none."""

    def __init__(self, reporter: Reporter, warned: ForgottenWarnings) -> None:
        self._reporter = reporter
        self._warned = warned

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Be asked, unless the application has a handler of its own; when it comes with one later, that counts."""
        if loop.get_exception_handler() is None:
            loop.set_exception_handler(self._handle)

    def _handle(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not self._is_told(context):
            loop.default_exception_handler(context)

    def _is_told(self, context: dict[str, Any]) -> bool:
        message = str(context.get("message"))
        task = context.get("task") or context.get("future")
        error = context.get("exception")
        if isinstance(task, asyncio.Task):
            coroutine = task.get_coro()
            name = getattr(coroutine, "__qualname__", "?").rpartition("<locals>.")[2]
            if isinstance(error, BaseException) and "never retrieved" in message:
                self._reporter.failed_task(name, place_in(coroutine), describe_failure(error, [_OUR_ROOT]))
                return True
            if error is None and "destroyed" in message:
                self._reporter.lost_task(name, place_in(coroutine))
                return True
            return False
        if error is None and message.startswith("Unclosed "):
            return self._is_unclosed_told(context, message.removeprefix("Unclosed "))
        return False

    def _is_unclosed_told(self, context: dict[str, Any], what: str) -> bool:
        """Clients come under a name of their own, some with what they consist of."""
        things = [value for key, value in context.items() if key not in {"message", "source_traceback"}]
        if any(self._warned.is_last_told(thing) for thing in things):
            return True
        return any(self._warned.unclosed(thing, what) for thing in things)
