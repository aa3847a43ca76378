"""Has everything told that the application forgets while it serves."""

import asyncio

from tornado_cli.app.forgotten.origins import Origins
from tornado_cli.app.forgotten.report import Reporter
from tornado_cli.app.forgotten.tasks import ForgottenTasks
from tornado_cli.app.forgotten.warned import ForgottenWarnings


class ForgottenWatch:
    """For development: remembering where things are made costs a few microseconds for each."""

    def __init__(self) -> None:
        self._reporter = Reporter()
        self._origins = Origins()
        self._warned = ForgottenWarnings(self._reporter, self._origins)
        self._tasks = ForgottenTasks(self._reporter, self._warned)

    def start(self) -> None:
        """Begin, on the running loop, when the application has started."""
        self._origins.start()
        self._warned.start()
        self._tasks.start(asyncio.get_running_loop())

    def stop(self) -> None:
        """Say nothing more: what is open when a process ends is closed by its end."""
        self._reporter.is_on = False
        self._origins.stop()
