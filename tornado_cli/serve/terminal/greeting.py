"""What `tcli serve` says first: where the application is, what it is, what is watched and which keys there are."""

import logging
from collections.abc import Sequence
from pathlib import Path

from tornado_cli.app.target import Target
from tornado_cli.config.serve import ServeConfig
from tornado_cli.logs.events import event
from tornado_cli.logs.settings import LogFormat
from tornado_cli.serve.browser_tools.tools import PREFIX
from tornado_cli.serve.certificate import addresses_for_others
from tornado_cli.system.addresses import is_everywhere, is_loopback, url_of
from tornado_cli.system.listeners import Opened
from tornado_cli.terminal import Terminal

logger = logging.getLogger("tornado_cli.serve")
_MOST = 3
"""Network addresses shown: a machine with containers has dozens."""


def greet(
    config: ServeConfig, scheme: str, target: Target, opened: Opened, folders: Sequence[str], log_format: str, keys: str
) -> str:
    """Say it and return the URL: a banner for people, a line of the log for everybody else.

    `keys` describes them, if there are any.
    """
    url = url_of(scheme, config.host, opened.port)
    if log_format == LogFormat.RICH:
        title = f"tcli serve{' --debug' if config.debug else ''}  {url}"
        network = network_urls(scheme, config.host, opened.port)
        requests = f"{url}{PREFIX}" if config.debug else ""
        Terminal().banner([title, *_rows(target, network, requests, folders, keys)])
    if opened.taken is not None:
        message = f"{opened.taken} Using {opened.port}; --strict-port would fail instead."
        event(logger, logging.WARNING, "port_taken", message)
    if not is_loopback(config.host):
        event(logger, logging.WARNING, "exposed", f"Everybody who can reach {config.host} can use this dev server.")
    if log_format != LogFormat.RICH:
        event(logger, logging.INFO, "listening", f"Serving {target.title} on {url}", url=url, port=opened.port)
    return url


def network_urls(scheme: str, host: str, port: int) -> list[str]:
    """Return where other machines find us; nothing unless we listen on all addresses."""
    return [url_of(scheme, found, port) for found in addresses_for_others(host)] if is_everywhere(host) else []


def _rows(target: Target, network: Sequence[str], requests: str, folders: Sequence[str], keys: str) -> list[str]:
    shown = list(network[:_MOST])
    if len(network) > _MOST:
        shown[-1] += f" and {len(network) - _MOST} more"
    named = [("network", url) for url in shown]
    named += [("requests", requests)] if requests else []
    named += [("app", target.title), ("watching", ", ".join(short(Path(folder)) for folder in _outermost(folders)))]
    return [f"  {name:<10}{value}" for name, value in [*named, ("keys", keys or "Ctrl-C ends it")]]


def _outermost(folders: Sequence[str]) -> list[str]:
    """Leave out what is inside another one."""
    return [one for one in folders if not any(Path(other) in Path(one).parents for other in folders)]


def short(folder: Path) -> str:
    """Return a folder as people name it: from their home."""
    home = Path.home()
    return f"~/{folder.relative_to(home)}" if home in folder.parents else str(folder)
