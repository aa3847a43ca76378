"""Everything tcli changes in Tornado for the application it hosts: each with its why, each undone by `undo()`.

To be made after the process is forked and before the application is imported: names that it takes by
`from tornado.process import fork_processes` are then already ours.
"""

import logging
import sys
from collections.abc import Callable
from functools import lru_cache
from math import floor
from pathlib import Path
from types import ModuleType
from typing import Any

import tornado
from tornado import httputil, log, netutil, options, process, tcpserver

from tornado_cli.app.after_import import after_import
from tornado_cli.app.listening import Elsewhere, Listening, Provide, Serving, Wanted, patched_methods

_log = logging.getLogger("tcli")


class TornadoPatches:
    """What was changed, and how to change it back."""

    def __init__(self) -> None:
        self._originals: list[tuple[Any, str, Any]] = []

    def replace(self, owner: Any, name: str, value: Any) -> None:
        """Leave out what this Tornado does not have."""
        if hasattr(owner, name):
            self._originals.append((owner, name, getattr(owner, name)))
            setattr(owner, name, value)

    def undo(self) -> None:
        while self._originals:
            setattr(*self._originals.pop())


def patch_tornado(
    *,
    provide_listeners: Provide | None = None,
    bind_elsewhere: Elsewhere = Wanted.bind,
    on_serving: Serving = lambda _: None,
    add_accept_handler: Callable[..., Callable[[], None]] = netutil.add_accept_handler,
) -> TornadoPatches:
    """Change Tornado for this process.

    `provide_listeners` is asked once, when the first HTTP server of a script wants to listen; None where tcli
    runs the server itself. `bind_elsewhere` is asked for every other address. `on_serving` is told of each
    HTTP server that was given sockets, also of those whose class is the application's own. `add_accept_handler` is
    what servers accept by.
    """
    patches = TornadoPatches()
    _patch_lazy_modules(patches)
    _patch_autoreload(patches)
    _patch_timestamps(patches)
    _patch_fork(patches)
    _patch_logging(patches)
    _patch_listening(patches, Listening(provide=provide_listeners, elsewhere=bind_elsewhere, on_serving=on_serving))
    # Public in netutil; tornado.tcpserver has its own reference.
    patches.replace(tcpserver, "add_accept_handler", add_accept_handler)
    return patches


def watched_files() -> set[str]:
    """Files that the application asked Tornado's reloader to watch."""
    return {str(Path(name).absolute()) for name in getattr(_autoreload(), "_watched_files", ())}


def run_reload_hooks() -> None:
    """Run what the application gave to `autoreload.add_reload_hook`: it closes things there."""
    for hook in list(getattr(_autoreload(), "_reload_hooks", ())):
        try:
            hook()
        except Exception:  # noqa: BLE001 - the user's code: whatever it raises, the next one must run.
            _log.exception("The reload hook %r failed.", hook)


def _autoreload() -> ModuleType | None:
    return sys.modules.get("tornado.autoreload")


def _patch_lazy_modules(patches: TornadoPatches) -> None:
    """`import tornado; tornado.websocket` fails in Tornado 6.6.1 unless something imported it before.

    Its table of lazy modules lacks these two; Tornado's own demos/websocket needs one of them.
    """
    patches.replace(tornado, "__all__", [*getattr(tornado, "__all__", ()), "websocket", "wsgi"])


def _patch_autoreload(patches: TornadoPatches) -> None:
    """`debug=True` must not start a second reloader: it would exec this process under tcli's hands.

    Application.__init__ looks `start` up when it runs; the flag stops a watcher that was started before.
    `watch` and `add_reload_hook` stay: see `watched_files` and `run_reload_hooks`.
    """

    def nothing(*_: Any, **__: Any) -> None:
        """Tcli reloads."""

    def change(autoreload: ModuleType) -> None:
        for name in ("start", "wait", "main"):
            patches.replace(autoreload, name, nothing)
        patches.replace(autoreload, "_reload_attempted", True)

    # Most applications never import it, and what it imports takes a while.
    after_import({"tornado.autoreload": change})


def _patch_timestamps(patches: TornadoPatches) -> None:
    """Every answer has a Date; formatting it is five microseconds, and it changes once a second."""
    original = httputil.format_timestamp

    @lru_cache(maxsize=8)
    def of_second(second: int) -> str:
        return original(second)

    def format_timestamp(ts: Any) -> str:
        return of_second(floor(ts)) if type(ts) is float else original(ts)

    patches.replace(httputil, "format_timestamp", format_timestamp)


def _patch_fork(patches: TornadoPatches) -> None:
    """`fork_processes`, and with it `HTTPServer.start(N)`, returns as in the first of its children.

    The real one would fork under tcli's workers, and its parent would never come back to be drained.
    """

    def fork_processes(num_processes: int | None, max_restarts: int | None = None) -> int:
        del max_restarts
        process._task_id = 0  # type: ignore[assignment]  # noqa: SLF001 - what task_id() answers in a child.
        _log.info("fork_processes(%s) is left to tcli: it counts the workers (tcli run --workers N).", num_processes)
        return 0

    patches.replace(process, "fork_processes", fork_processes)
    # Only to be put back: the application may ask for it without ever forking.
    patches.replace(process, "_task_id", process.task_id())


def _patch_logging(patches: TornadoPatches) -> None:
    """`parse_command_line()` adds handlers to the root logger; every line would then come twice.

    Tornado's options come with logging=info; only a level that was asked for counts, not this default.
    """

    def enable_pretty_logging(options_: Any = None, logger: logging.Logger | None = None) -> None:
        chosen = options.options if options_ is None else options_
        level = chosen.logging
        if level is None or level.lower() == "none":
            return
        if _was_given(chosen, "logging"):
            (logger or logging.getLogger()).setLevel(getattr(logging, level.upper()))
        if chosen.log_file_prefix:
            _log.warning("log_file_prefix is ignored: tcli writes the logs (--log-file PATH).")

    patches.replace(log, "enable_pretty_logging", enable_pretty_logging)


def _was_given(parser: Any, name: str) -> bool:
    """Whether an option has a value of its own; Tornado has no public way to ask."""
    known = getattr(parser, "_options", {}).get(name)
    return getattr(known, "_value", None) is not getattr(options._Option, "UNSET", None)  # noqa: SLF001 - see above.


def _patch_listening(patches: TornadoPatches, listening: Listening) -> None:
    """The ports are tcli's: bound before the application starts, kept while it is reloaded.

    tornado.tcpserver has its own reference to `bind_sockets`.
    """
    for module in (netutil, tcpserver):
        patches.replace(module, "bind_sockets", listening.bind_sockets)
    patches.replace(netutil, "bind_unix_socket", listening.bind_unix_socket)
    for name, method in patched_methods(listening).items():
        patches.replace(tcpserver.TCPServer, name, method)
