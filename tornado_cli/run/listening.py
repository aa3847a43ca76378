"""What `tcli run` listens on: by its settings, and as people read it."""

import logging
import socket
from collections.abc import Iterable, Sequence
from pathlib import Path

from tornado_cli.config.run import RunConfig
from tornado_cli.errors import UsageError
from tornado_cli.logs.events import event
from tornado_cli.system.addresses import url_of
from tornado_cli.system.binds import Bind, TcpBind, UnixBind, bind_of, redirect_bind_of
from tornado_cli.system.open_addresses import Listener

logger = logging.getLogger("tornado_cli.run")
HTTPS_PORT = 443
"""Where HTTPS is expected when no port is named."""
ALL_ADDRESSES = "0.0.0.0"  # noqa: S104 - what a platform's router expects; `start` says when it is taken.


def settled(config: RunConfig) -> RunConfig:
    """Return it with either `bind`, or `host` and `port`: the one that was given in the place that counts first.

    Raises UsageError when both were given in the same place.
    """
    given = {name: _rank(config.given.get(name, "")) for name in ("bind", "host", "port")}
    one, other = given["bind"] if config.bind else 0, max(given["host"], given["port"])
    if one and one == other:
        name = "host" if given["host"] == other else "port"
        raise UsageError(
            f"--bind excludes --host and --port; both are given ({config.given[name]}).",
            hint=f"Leave --{name} out; a port stands in --bind: --bind 127.0.0.1:8000",
        )
    if one > other:
        return config
    host = ALL_ADDRESSES if is_on_platform(config.but(bind=())) else config.host
    return config.but(bind=(), host=host)


def is_on_platform(config: RunConfig) -> bool:
    """Whether PORT, and nothing else, says where to listen: its router is not on this machine."""
    return not config.bind and config.given.get("port") == "PORT" and "host" not in config.given


def binds_of(config: RunConfig, directory: Path) -> tuple[Bind, ...]:
    """Return what to listen on, from settings that are settled. Raises UsageError for what is no address."""
    served: list[Bind] = [TcpBind(config.host, config.port)]
    if config.bind:
        served = [bind_of(text, directory) for text in config.bind]
    redirecting = [redirect_bind_of(config.redirect_http)] if config.redirect_http else []
    return tuple(dict.fromkeys([*served, *redirecting]))


def tcp_hosts(listeners: Iterable[Listener]) -> list[str]:
    """Return the hosts by which clients come; those of Unix sockets come by none."""
    return [_host_and_port(one)[0] for one in listeners if _is_served_by_tcp(one)]


def first_port(listeners: Iterable[Listener]) -> int | None:
    """Return the port that was named first, as it has come to be; None when there are only Unix sockets."""
    return next((_host_and_port(one)[1] for one in listeners if _is_served_by_tcp(one)), None)


def urls_of(listeners: Iterable[Listener], scheme: str) -> list[str]:
    """Return what people read of them, and type: `http://127.0.0.1:8000`, `unix:/run/app.sock`."""
    return list(dict.fromkeys(_url(one, scheme) for one in listeners if not one.redirects))


def redirecting_urls_of(listeners: Iterable[Listener]) -> list[str]:
    """Return from where plain HTTP is sent on."""
    return list(dict.fromkeys(_url(one, "http") for one in listeners if one.redirects))


def in_words(urls: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(urls[:-1]), urls[-1]) if part)


def tell_change(before: Sequence[str], now: Sequence[str]) -> None:
    """Log that a reload has changed the addresses, if it has."""
    if not before or set(before) == set(now):
        return
    closed = [url for url in before if url not in now]
    text = f"Listening on {in_words(now)} now" + (f", no longer on {in_words(closed)}." if closed else ".")
    event(logger, logging.INFO, "addresses", text, urls=list(now), closed=closed)


def _is_served_by_tcp(listener: Listener) -> bool:
    return _is_tcp(listener) and not listener.redirects


def _is_tcp(listener: Listener) -> bool:
    return listener.socket.family != socket.AF_UNIX


def _host_and_port(listener: Listener) -> tuple[str, int]:
    host, port = listener.socket.getsockname()[:2]
    return (listener.bind.host, port) if isinstance(listener.bind, TcpBind) else (host, port)


def _url(listener: Listener, scheme: str) -> str:
    if isinstance(listener.bind, UnixBind):
        return str(listener.bind)
    if _is_tcp(listener):
        return url_of(scheme, *_host_and_port(listener))
    name = listener.socket.getsockname()
    # unix(7): a name that begins with a zero stands in no folder.
    return f"unix:{name}" if isinstance(name, str) else f"unix:@{name[1:].decode(errors='backslashreplace')}"


def _rank(source: str) -> int:
    """Say how early a place counts (docs/settings.md)."""
    order = {"": 0, "pyproject.toml": 1, "PORT": 2, "command line": 4}
    return order.get(source, 3)
