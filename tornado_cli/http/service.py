"""The life of a serving process, from its first listener to its last answer: ready, orders, drain, leave."""

import asyncio
import contextlib
import logging
import os
import socket
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.web import Application

from tornado_cli.app.listening import Wanted
from tornado_cli.errors import ExitCode
from tornado_cli.events import AppFailed, Drain, Message, Ready
from tornado_cli.http.accept import Admission, GatedListener, gated
from tornado_cli.http.drain import Draining, Manner
from tornado_cli.http.exchange import Exchange, request_ids
from tornado_cli.http.interest import put_off_stops
from tornado_cli.http.orders import Orders
from tornado_cli.http.readiness import until_path_answers
from tornado_cli.http.server import ObservedServer
from tornado_cli.http.terms import HEARTBEAT, Terms
from tornado_cli.http.tls.context import context_from, for_our_sockets
from tornado_cli.http.websockets import WebSockets
from tornado_cli.logs.events import event
from tornado_cli.system.channel import Channel
from tornado_cli.system.listeners import adopt
from tornado_cli.system.wakeup import give_back_to_children

if TYPE_CHECKING:
    from tornado_cli.app.blocked.watch import LoopWatch
    from tornado_cli.http.tls.redirect import HttpsRedirect

logger = logging.getLogger("tornado_cli.http")
_A_MOMENT = 0.05
"""Seconds for the first answers, which somebody waits for."""


class Service:
    """What listens in this process and talks with the top process.

    It is there before the application, learns of servers as the application makes them, and lives on whatever loop
    they are started on: its own, or that of a script.
    """

    def __init__(self, channel: Channel, listeners: Sequence[socket.socket], terms: Terms) -> None:
        self.tally = terms.tally
        self.tls = None if terms.tls is None else for_our_sockets(terms.tls, terms)
        self.hsts = terms.hsts
        self.introduced_by = terms.introduced_by
        self.guard = terms.guard
        self.fronts = terms.fronts if terms.guard is None else (*terms.fronts, *terms.guard.fronts)
        self.next_request_id = request_ids()
        self.is_draining = False
        self.is_ready = False
        self.comes_back = False
        """Whether the order to leave asked for a fresh process in its place."""
        self.left = asyncio.Event()
        """Set when the drain is over; in script mode the loop is left instead."""
        self.owns_loop = False
        """Whether the loop is ours (module mode) and not a script's; set before the application is loaded."""
        self._channel = channel
        self._orders = Orders(channel, self)
        self._listeners = list(listeners)
        self._terms = terms
        self._logs_access = terms.access_log
        self._access = terms.sender.access
        self._bound: list[GatedListener] = []
        self._servers: list[HTTPServer] = []
        self._websockets = WebSockets()
        self._drain_task: asyncio.Task[None] | None = None
        self._draining: Draining | None = None
        self._watch: LoopWatch | None = None
        HTTPServer.configure(ObservedServer, service=self)
        os.register_at_fork(after_in_child=self._let_go)
        give_back_to_children()

    # What servers report.

    def adopt(self, application: Any) -> None:
        """Prepare an application for which a server is being made."""
        if not isinstance(application, Application):
            return
        self._terms.adapt(application)
        self._websockets.learn_from(application)

    def server_listens(self, server: HTTPServer) -> None:
        """Note a server that has been given sockets; in a script the first one brings the process to life."""
        if server in self._servers:
            return
        self._servers.append(server)
        if not self.owns_loop and len(self._servers) == 1:
            self._come_alive()

    def exchange_ended(self, exchange: Exchange) -> None:
        self.tally.request_ended(exchange.status, exchange.size)
        # Before that only the question whether it is ready is answered.
        if self._logs_access and self.is_ready and exchange.is_logged:
            self._access(
                exchange.client,
                exchange.method,
                exchange.path,
                exchange.status,
                exchange.duration(),
                exchange.size,
                exchange.request_id,
            )

    def something_ended(self) -> None:
        if self._draining is not None:
            self._draining.something_ended()

    @property
    def ports(self) -> list[int]:
        """The TCP ports that this process listens on now."""
        names = [listener.getsockname() for listener in self._bound if listener.fileno() >= 0]
        return [name[1] for name in names if isinstance(name, tuple)]

    # What scripts ask for.

    def provide_listeners(self) -> list[socket.socket]:
        """Give out the inherited listeners; a second call gives none."""
        listeners, self._listeners = self._listeners, []
        return self._gated(listeners)

    def bind_elsewhere(self, wanted: Wanted) -> list[socket.socket]:
        """Have the top process bind another address: it stays bound while processes come and go.

        Raises OSError with its reason when it cannot.
        """
        if wanted.unix_path is not None or not isinstance(wanted.port, int):
            return wanted.bind()
        return self._gated(adopt(self._orders.ask_to_bind(wanted.port, wanted.address or "*")))

    def _gated(self, listeners: list[socket.socket]) -> list[socket.socket]:
        behind_gate = gated(listeners, self._gate, self._stop_accepting)
        self._bound += behind_gate
        return list(behind_gate)

    def _gate(self, *, pauses: int) -> Admission:
        return self._terms.gate(pauses=pauses) if self.is_ready else Admission.LATER

    # The module mode: the loop is ours.

    async def serve(self, application: Any) -> None:
        """Serve an application on the running loop until it has been drained."""
        server = HTTPServer(application)
        server.add_sockets(self.provide_listeners())
        self.server_listens(server)
        self._come_alive()
        await self.left.wait()

    def report_failure(self, failure: AppFailed, error: BaseException) -> None:
        """Tell the top process, with what it needs to show the error."""
        self._channel.send(failure.but(details=self._terms.explain(error)))
        self._terms.afterwards()

    def _let_go(self) -> None:
        """In what the application forks (process pools): a copy of ours would keep the port, and swallow orders."""
        self._channel.close()
        for listener in self._bound:
            listener.close()

    # Becoming ready, and staying so.

    def _come_alive(self) -> None:
        if self._terms.redirect is not None:
            self._serve_besides(self._terms.redirect, self._terms.redirecting)
        loop = IOLoop.current()
        put_off_stops(loop)
        self._orders.listen(loop)
        # Run by the loop itself: who reports ready serves.
        loop.add_callback(self._become_ready)

    def _serve_besides(self, delegate: "HttpsRedirect", listeners: Sequence[socket.socket]) -> None:
        server = ObservedServer(delegate, service=self, is_plain=True)
        self._servers.append(server)
        server.add_sockets(self._gated(list(listeners)))

    async def _become_ready(self) -> None:
        if not self._terms.may_serve():
            return
        self._terms.sender.attach(asyncio.get_running_loop())
        self._beat()
        if self._terms.ready_path:
            await until_path_answers(self._servers[0], self._terms.ready_path)
        # Whoever is served first is served with the latest certificates.
        self._orders.catch_up()
        self._terms.on_ready()
        self.is_ready = True
        self.tally.ready()
        # At once: what the first request does to this process must not look as if it had never been ready.
        self._channel.send(Ready(pid=os.getpid()))
        self._end_stalled()
        if self._terms.blocked_after:
            self._watch_loop()
        self._orders.obey_postponed()
        IOLoop.current().call_later(_A_MOMENT, self._do_what_is_not_urgent)

    def _do_what_is_not_urgent(self) -> None:
        # On a busy machine it takes a while, and is nothing that anybody could mend.
        with contextlib.nullcontext() if self._watch is None else self._watch.aside():
            self._terms.afterwards()

    def _watch_loop(self) -> None:
        # Not everybody wants it, and nobody before the first answer.
        from tornado_cli.app.blocked.watch import LoopWatch
        from tornado_cli.http.requests import request_of

        self._watch = LoopWatch(
            asyncio.get_running_loop(), self._terms.blocked_after, request_of, self._terms.on_blocked
        )

    def _beat(self) -> None:
        self.tally.beat()
        IOLoop.current().call_later(self._terms.heartbeat, self._beat)

    def _observed(self) -> list[ObservedServer]:
        # An application may have a server class of its own.
        return [server for server in self._servers if isinstance(server, ObservedServer)]

    def _end_stalled(self) -> None:
        if self.guard is None:
            return
        now = time.monotonic()
        observed = self._observed()
        for server in observed:
            server.end_stalled(now)
        self.guard.refused.tell_due()
        pause = min((server.stalls.pause for server in observed if server.stalls is not None), default=HEARTBEAT)
        IOLoop.current().call_later(pause, self._end_stalled)

    # Orders.

    def use_certificates(self, descriptors: Sequence[int]) -> None:
        """Use new certificates for the connections that come now; what is open keeps its own."""
        try:
            context = context_from(descriptors)
        except OSError as error:
            event(logger, logging.ERROR, "certificate_failed", f"New certificates cannot be used: {error}.")
        else:
            self.tls = None if context is None else for_our_sockets(context, self._terms)

    def obey(self, order: Message) -> None:
        if isinstance(order, Drain) and order.pid == os.getpid():
            self._start_drain(order)
        else:
            self._terms.obey(order)

    def _stop_accepting(self) -> None:
        for server in self._servers:
            server.stop()

    def _start_drain(self, order: Drain) -> None:
        if self._drain_task is None:
            self.comes_back = order.comes_back
            self.tally.draining()
            self._drain_task = asyncio.ensure_future(self._drain(order))

    async def _drain(self, order: Drain) -> None:
        # It still serves: a load balancer in front needs time to notice.
        await asyncio.sleep(order.delay)
        self.is_draining = True
        self._terms.on_drain()
        manner = Manner(
            grace=order.grace,
            linger=self._terms.linger,
            close_spread=self._terms.close_spread,
        )
        abandoned = [one for one in self._bound if order.takes_queue or one.fileno() in order.dropped]
        self._draining = Draining(self._servers, abandoned, self._websockets.handlers, manner)
        if not await self._draining.run():
            unfinished = ", ".join(self._draining.unfinished()) or "WebSockets"
            event(logger, logging.WARNING, "unfinished", f"Not finished after {order.grace:g} s: {unfinished}.")
        self._draining.drop_the_rest()
        if self.guard is not None:
            self.guard.refused.tell_due(at_last=True)
        self._terms.before_leaving()
        if self._watch is not None:
            self._watch.stop()
        self.left.set()
        if not self.owns_loop:
            # As if the script had called sys.exit(): its `finally` blocks run.
            IOLoop.current().add_callback(_leave_loop)


def _leave_loop() -> None:
    sys.exit(ExitCode.OK)
