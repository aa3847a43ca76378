"""What everything for the browser knows of the process that it is a part of."""

from collections.abc import Callable
from typing import Any

from tornado_cli.events import StartProcess
from tornado_cli.http.hosts import Hosts
from tornado_cli.records import Record
from tornado_cli.serve.boot import EDITS, ServeBoot
from tornado_cli.system.shared_words import SharedWords

PREFIX = "/__tcli__/"
"""Where all that is ours lies; no application is asked for it."""


def serving() -> dict[str, Any]:
    """Be the state of a process that serves the application."""
    return {"state": "serving"}


class Tools(Record, kw_only=True):
    """Given to whatever answers or changes something for the browser."""

    token: str
    """Made for each run of the server: who has it has read one of our pages."""
    hosts: Hosts
    build: Callable[[], str]
    """Names what is served now: another code, template or static file is another build."""
    debug: bool = False
    debug_remote: bool = False
    forwards_console: bool = False
    state: Callable[[], dict[str, Any]] = serving
    """What open pages are told besides the build; with `details` of a failure for those who may see them."""


def tools_for(boot: ServeBoot, order: StartProcess, hosts: Hosts, words: SharedWords) -> Tools:
    """Return the tools of a process that is started with this order."""
    config = boot.config
    return Tools(
        token=boot.token,
        hosts=hosts,
        build=lambda: f"{order.number}.{words[EDITS]}",
        debug=config.debug,
        debug_remote=config.debug_remote,
        forwards_console=config.forward_console,
    )
