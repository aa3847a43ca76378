"""What everything for the browser knows of the process that it is a part of."""

import logging
import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from tornado_cli.errors import TcliError
from tornado_cli.events import StartProcess
from tornado_cli.records import Record
from tornado_cli.serve.boot import EDITS, ServeBoot
from tornado_cli.system.shared_words import SharedWords

if TYPE_CHECKING:
    from tornado_cli.http.hosts.hosts import Hosts
    from tornado_cli.serve.inspector.inspector import Inspector

logger = logging.getLogger("tornado_cli.serve")
PREFIX = "/__tcli__/"
"""Where all that is ours lies; no application is asked for it."""


def serving() -> dict[str, Any]:
    """Be the state of a process that serves the application."""
    return {"state": "serving"}


class Tools(Record, kw_only=True):
    """Given to whatever answers or changes something for the browser."""

    token: str
    """Made for each run of the server: who has it has read one of our pages."""
    hosts: "Hosts"
    build: Callable[[], str]
    """Names what is served now: another code, template or static file is another build."""
    debug: bool = False
    debug_remote: bool = False
    livereload: bool = True
    forwards_console: bool = False
    shows_locals: bool = False
    editor: str = ""
    inspector: "Inspector | None" = None
    """Of requests, with `--debug`."""
    state: Callable[[], dict[str, Any]] = serving
    """What open pages are told besides the build; with `details` of a failure for those who may see them."""

    def explain(self, error: BaseException) -> dict[str, Any] | None:
        """Return the details of what has kept the application from starting, when anybody may see them."""
        if not self.debug or isinstance(error, TcliError):
            return None
        from tornado_cli.serve.browser_tools.hiding import Hider
        from tornado_cli.serve.error_page.details import details_of

        try:
            return details_of(error, Hider(os.environ), shows_locals=self.shows_locals)
        except Exception:
            logger.exception("The error page has failed; this is a mistake in tcli.")
            return None


def tools_for(
    boot: ServeBoot, order: StartProcess, hosts: "Hosts", words: SharedWords, inspector: "Inspector | None"
) -> Tools:
    """Return the tools of a process that is started with this order."""
    config = boot.config
    return Tools(
        token=boot.token,
        hosts=hosts,
        build=lambda: f"{order.number}.{words[EDITS]}",
        debug=config.debug,
        inspector=inspector,
        debug_remote=config.debug_remote,
        livereload=config.livereload,
        forwards_console=config.forward_console,
        shows_locals=config.show_locals,
        editor=config.editor,
        state=serving if order.page is None else partial(_state_of, order.page, config.editor),
    )


def _state_of(page: dict[str, Any], editor: str) -> dict[str, Any]:
    # Asked for by open pages only.
    from tornado_cli.serve.error_page.state import state_of

    return state_of(page, editor)
