"""On which terms an application is served."""

import socket
import ssl
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tornado.web import Application

from tornado_cli.events import Message
from tornado_cli.http.accept import Gate, always_open
from tornado_cli.http.exchange import Front
from tornado_cli.http.tally import Tally
from tornado_cli.logs.sender import LogSender
from tornado_cli.records import Record

if TYPE_CHECKING:
    from tornado_cli.app.blocked.watch import OnBlocked
    from tornado_cli.http.limits.guard import Guard
    from tornado_cli.http.proxies.trust import Trust
    from tornado_cli.http.tls.redirect import HttpsRedirect

HEARTBEAT = 1.0
"""Seconds between two beats of the loop, where nobody asks for more."""


class Terms(Record, kw_only=True):
    """What `serve` and `run` differ in."""

    tally: Tally
    sender: LogSender
    access_log: bool
    adapt: Callable[[Application], None]
    """Sets or undoes what `debug=True` means here."""
    gate: Gate = always_open
    heartbeat: float = HEARTBEAT
    """Seconds between two beats of the loop."""
    blocked_after: float = 0.0
    """Seconds after which what holds the loop is reported; 0 never."""
    on_blocked: "OnBlocked" = lambda _: None
    """Told of it as well."""
    tls: ssl.SSLContext | None = None
    redirect: "HttpsRedirect | None" = None
    """What serves at `redirecting`."""
    redirecting: Sequence[socket.socket] = ()
    hsts: str = ""
    """What answers over TLS say in `Strict-Transport-Security`, where the application says nothing."""
    fronts: Sequence[Front] = ()
    """What looks at each request before the application does."""
    guard: "Guard | None" = None
    """What sets limits to requests; None leaves them to Tornado."""
    introduced_by: "Trust | None" = None
    """Proxies that begin each connection with a PROXY header; nobody else may connect."""
    linger: float = 0.0
    """Seconds in a drain in which an idle kept connection may bring one last request."""
    close_spread: float = 0.0
    """Seconds over which a drain closes WebSockets."""
    ready_path: str = ""
    """What has to answer 2xx before the process counts as ready, and takes its first connection."""
    may_serve: Callable[[], bool] = lambda: True
    """Asked when everything is loaded; False leaves the process as it is, never ready."""
    on_ready: Callable[[], None] = lambda: None
    """Called by the loop that serves, right before the process says that it is ready."""
    afterwards: Callable[[], None] = lambda: None
    """Called a moment after it has said so, or when the application has failed: for what is not urgent."""
    on_drain: Callable[[], None] = lambda: None
    """Called when a drain begins: what is not the application's own ends its connections now."""
    before_leaving: Callable[[], None] = lambda: None
    explain: Callable[[BaseException], dict[str, Any] | None] = lambda _: None
    """Returns what a page is to show of a failure, where there is one that shows it."""
    obey: Callable[[Message], None] = lambda _: None
    """Given the orders that are not about the application's life."""
