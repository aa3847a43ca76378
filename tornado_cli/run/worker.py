"""A worker: waits in its slot until it is activated, then loads the application and serves it."""

import functools
import logging
import os
import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tornado.web import Application

from tornado_cli.app.load import Loaded
from tornado_cli.app.patches import run_reload_hooks
from tornado_cli.errors import ExitCode
from tornado_cli.events import Activate, Drain, Waiting
from tornado_cli.http.accept import Gate
from tornado_cli.http.hosting import Hosting
from tornado_cli.http.process import Ending, serve_target
from tornado_cli.http.service import Service
from tornado_cli.http.terms import HEARTBEAT, Terms
from tornado_cli.http.tls.context import context_from
from tornado_cli.logs.children import child_log
from tornado_cli.run.boot import RunBoot
from tornado_cli.run.fairness import fair_gate
from tornado_cli.run.fronts import fronts_of, guard_of, introducers_of
from tornado_cli.run.request_limits import most_connections, websocket_settings
from tornado_cli.run.scoreboard import Row, Scoreboard, State
from tornado_cli.system.channel import Channel, ChannelClosed
from tornado_cli.system.children import close_all, pidfd_of
from tornado_cli.system.listeners import adopt
from tornado_cli.system.stacks import dump_on_signal

if TYPE_CHECKING:
    from tornado_cli.http.tls.redirect import HttpsRedirect

logger = logging.getLogger("tornado_cli.run")
RECYCLED = 71
"""Exit code of a worker that leaves for a fresh process: its slot waits again."""
UNORDERED = 70
"""Exit code of a worker that ended though nobody asked it to; `fork_processes` restarts anything but 0."""
_DEBUG_SETTINGS = {
    "debug": False,
    "autoreload": False,
    "serve_traceback": False,
    "compiled_template_cache": True,
    "static_hash_cache": True,
}
"""What `debug=True` switches on, and how it is in production."""


def work(boot: RunBoot, slot: int, preloaded: Loaded | None) -> int:
    """Be the worker in a slot; return the exit code."""
    channel = _own_channel(boot, slot)
    scoreboard = Scoreboard.inherited(boot.scoreboard, len(boot.channels))
    row = scoreboard.row(slot)
    row.take_over(os.getpid())
    certificates = _wait_for_activation(channel)
    if certificates is None:
        # Nothing was loaded: there is nothing to leave tidily.
        os._exit(ExitCode.OK)
    # Before the application is loaded, which may give up the right to what this needs.
    tls = context_from(certificates)
    row.set_state(State.STARTING)
    dump_on_signal()
    gate = fair_gate(scoreboard, slot, len(boot.channels), most_connections(boot.config))
    ending, comes_back = _serve(boot, slot, channel, row, gate, tls, preloaded)
    if ending is Ending.ORDERED:
        return RECYCLED if comes_back else ExitCode.OK
    if ending is Ending.NEVER_READY and not scoreboard.was_ready:
        # The failure was reported. Trying again would only show it again.
        return ExitCode.OK
    return UNORDERED


def _own_channel(boot: RunBoot, slot: int) -> Channel:
    for other, descriptor in enumerate(boot.channels):
        if other != slot:
            os.close(descriptor)
    return Channel.from_descriptor(boot.channels[slot])


def _wait_for_activation(channel: Channel) -> list[int] | None:
    """Return what came along with the order, None when it is to leave."""
    pid = os.getpid()
    pidfd = pidfd_of(pid)
    channel.send(Waiting(pid=pid), [] if pidfd is None else [pidfd])
    if pidfd is not None:
        os.close(pidfd)
    while True:
        try:
            received = channel.receive()
        except ChannelClosed:
            return None
        assert received is not None, "a child's end blocks"
        match received.message:
            case Activate(pid=meant) if meant == pid:
                return received.descriptors
            case Drain(pid=meant) if meant == pid:
                return None
        # Meant for the last one here.
        close_all(received.descriptors)


def _serve(
    boot: RunBoot,
    slot: int,
    channel: Channel,
    row: Row,
    gate: Gate,
    tls: ssl.SSLContext | None,
    preloaded: Loaded | None,
) -> tuple[Ending, bool]:
    sender = child_log(boot.config, boot.log, boot.log_format, f"worker {slot}")
    guard = guard_of(boot.config, row)
    listeners = adopt(boot.listeners)
    redirecting = [one for one in listeners if one.fileno() in boot.redirects]
    terms = Terms(
        tally=row,
        sender=sender,
        access_log=boot.config.access_log,
        adapt=functools.partial(adapt, websockets=websocket_settings(boot.config)),
        gate=gate,
        blocked_after=boot.config.blocked_after,
        heartbeat=_heartbeat_for(boot.config.hang_timeout),
        linger=boot.config.keep_alive_linger,
        close_spread=boot.config.ws_close_spread,
        ready_path=boot.config.ready_path,
        tls=tls,
        redirect=_redirect(boot.https_port) if redirecting else None,
        redirecting=redirecting,
        hsts=f"max-age={boot.config.hsts}" if boot.config.hsts else "",
        fronts=fronts_of(boot.config, guard.refused),
        introduced_by=introducers_of(boot.config),
        guard=guard,
        before_leaving=run_reload_hooks,
    )
    service = Service(channel, [one for one in listeners if one not in redirecting], terms)
    try:
        ending = serve_target(boot.target, boot.config.arguments, Hosting(service), boot.config.loop, preloaded)
    finally:
        sender.flush()
    return ending, service.comes_back


def _redirect(https_port: int) -> "HttpsRedirect":
    # Not everybody wants it.
    from tornado_cli.http.tls.redirect import HttpsRedirect

    return HttpsRedirect(https_port)


def _heartbeat_for(hang_timeout: float) -> float:
    """Return the seconds between two beats: several fit into a time-out."""
    return min(HEARTBEAT, hang_timeout / 4) if hang_timeout else HEARTBEAT


def adapt(application: Application, websockets: Mapping[str, float]) -> None:
    """Have an application be as it is in production, with what options say of its WebSockets."""
    undo_debug(application)
    application.settings.update(websockets)


def undo_debug(application: Application) -> None:
    """Undo what the application's debug settings switch on, with a warning that no one can miss."""
    settings = application.settings
    undone = [name for name, value in _DEBUG_SETTINGS.items() if name in settings and settings[name] is not value]
    if not undone:
        return
    settings_had_debug = "debug" in undone
    settings.update({name: _DEBUG_SETTINGS[name] for name in undone})
    logger.warning(
        "DEBUG SETTINGS IN PRODUCTION: the application sets %s. `tcli run` has undone them; develop with `tcli serve`.",
        "debug=True" if settings_had_debug else ", ".join(undone),
    )
