"""Templates and static files: the next request sees an edit of them without a restart; open pages have to be told."""

import os
from collections.abc import Callable, Iterable

from tornado_cli.serve.watching.changes import ChangedFiles, Sign
from tornado_cli.serve.watching.choice import is_broad
from tornado_cli.serve.watching.gitignore import IgnoreFile
from tornado_cli.serve.watching.ground import Ground
from tornado_cli.serve.watching.rules import Rules
from tornado_cli.serve.watching.watcher import Watcher
from tornado_cli.system.wakeup import signals_for_main_thread_only


class ServedFiles:
    """Watches the folders that the application serves from, which it tells when it is ready."""

    def __init__(
        self, ignored: IgnoreFile | None, tell: Callable[[str, float], None], *, interval: float, always_polls: bool
    ) -> None:
        self.changes = ChangedFiles()
        self._ignored = ignored
        self._tell = tell
        self._interval = interval
        self._always_polls = always_polls
        self._folders: tuple[str, ...] = ()
        self._watcher: Watcher | None = None

    def watch(self, folders: Iterable[str], since: int) -> None:
        """Watch these instead of others; tell also what has changed since then, in nanoseconds since the epoch."""
        real = {os.path.realpath(folder) for folder in folders}
        wanted = tuple(sorted(folder for folder in real if os.path.isdir(folder) and not is_broad(folder)))
        if wanted == self._folders:
            return
        self._end_watcher()
        self._folders = wanted
        if not wanted:
            return
        # What a bundler makes is in no repository, and is served all the same.
        rules = Rules(ignored=self._ignored, whole=frozenset(wanted), heeds_ignore_files=False)
        ground = Ground(wanted, rules)
        self._watcher = Watcher(
            ground, self.changes, self._tell, interval=self._interval, always_polls=self._always_polls
        )
        with signals_for_main_thread_only():
            self._watcher.start()
        for path in ground.changed_since(since):
            self.changes.note(path, Sign.UNSURE)

    def take(self) -> tuple[str, ...]:
        """Return what has changed by now; code is the other watcher's."""
        return tuple(path for path in self.changes.take() if not path.endswith(".py"))

    def stop(self) -> None:
        self._end_watcher()
        self.changes.close()

    def _end_watcher(self) -> None:
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.stop()
