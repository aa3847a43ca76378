"""What the application is made of, as its own process knows it: the watcher is told."""

from collections.abc import Iterable, Iterator

from tornado.web import Application

from tornado_cli.app.opened_files import OpenedFiles
from tornado_cli.app.patches import watched_files
from tornado_cli.app.served_folders import served_folders

_MOST_BYTES = 96 * 1024
"""Of all names together; a message has an end. What is left out lies in watched folders, most likely."""


class AppFiles:
    """Files whose change is a change of the application, whatever their names and wherever they are."""

    def __init__(self, tops: Iterable[str]) -> None:
        self._tops = tuple(tops)
        self._served: set[str] = set()
        self._opened = OpenedFiles()
        self._opened.start()

    def leave_out_served(self, application: Application) -> None:
        """Templates and static files are read anew at each request."""
        self._served |= served_folders(application)

    @property
    def served(self) -> list[str]:
        """The folders of templates and static files."""
        return sorted(self._served)

    def end(self) -> None:
        """Leave out what is opened from now on: the application is up, or has failed."""
        self._opened.stop()

    def found(self) -> list[str]:
        """Return the files, after the end."""
        # Modules are opened, too: their source or their bytecode.
        files = self._opened.read_in(self._tops, self._served) | watched_files()
        modules = {path for path in files if path.startswith(self._tops) and path.endswith(".py")}
        return list(_within([*sorted(files - modules), *sorted(modules)], _MOST_BYTES))


def _within(paths: Iterable[str], limit: int) -> Iterator[str]:
    for path in paths:
        limit -= len(path.encode("utf-8", "surrogatepass"))
        if limit < 0:
            return
        yield path
