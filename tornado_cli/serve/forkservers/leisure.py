"""What a forkserver does before it forks once more: the later processes start faster for it."""

import importlib

_WANTED_LATER = (
    "ctypes",
    "tornado.autoreload",
    "tornado_cli.app.blocked.watch",
    "tornado_cli.http.requests",
    "tornado_cli.serve.error_page.stand_in",
    "tornado_cli.serve.browser_tools.application",
    "tornado_cli.serve.live_reload.beginnings",
    "tornado_cli.serve.live_reload.csp",
    "tornado_cli.serve.forkservers.checkpoints",
    "tornado_cli.serve.forkservers.warm",
)
_WANTED_WITH_DEBUG = ("tornado_cli.serve.inspector.inspector", "tornado_cli.serve.inspector.pages")


def import_what_is_wanted_later(*, debug: bool) -> None:
    """Import what the first answer needs not, or not always."""
    for name in (*_WANTED_LATER, *(_WANTED_WITH_DEBUG if debug else ())):
        importlib.import_module(name)
