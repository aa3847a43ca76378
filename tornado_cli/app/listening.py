"""Decide which sockets an application gets when it asks Tornado to listen somewhere."""

import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias

from tornado import netutil
from tornado.httpserver import HTTPServer
from tornado.tcpserver import TCPServer

from tornado_cli.records import Record

# Taken before anything is patched.
_bind_sockets = netutil.bind_sockets
_bind_unix_socket = netutil.bind_unix_socket
_DEFAULT_BACKLOG = 128


class Wanted(Record, kw_only=True):
    """What an application asked to listen on: plain values, so that another process can bind it."""

    port: int | str = 0
    address: str | None = None
    family: int = socket.AF_UNSPEC
    backlog: int = _DEFAULT_BACKLOG
    flags: int | None = None
    reuse_port: bool = False
    unix_path: str | None = None
    """When set, only this, the mode and the backlog count."""
    unix_mode: int = 0o600

    def bind(self) -> list[socket.socket]:
        """Bind it here, as Tornado itself would."""
        if self.unix_path is not None:
            return [_bind_unix_socket(self.unix_path, self.unix_mode, self.backlog)]
        return _bind_sockets(
            self.port,  # type: ignore[arg-type]  # getaddrinfo takes service names and numbers as text, too.
            self.address,
            socket.AddressFamily(self.family),
            self.backlog,
            self.flags,
            self.reuse_port,
        )


Provide: TypeAlias = Callable[[], list[socket.socket]]
Elsewhere: TypeAlias = Callable[[Wanted], list[socket.socket]]
Serving: TypeAlias = Callable[[HTTPServer], None]


class Listening:
    """The first HTTP listener of a script gets the sockets that tcli was told to serve on; others what they ask for.

    A plain TCPServer is never first. Without a server in sight, as in `bind_sockets(8888)`, HTTP is assumed.
    """

    def __init__(
        self,
        *,
        provide: Provide | None = None,
        elsewhere: Elsewhere = Wanted.bind,
        on_serving: Serving = lambda _: None,
    ) -> None:
        self.provide = provide
        self.elsewhere = elsewhere
        self.on_serving = on_serving
        self.given: list[socket.socket] = []
        self._served: set[int] = set()
        self._is_http = ContextVar("is_http", default=True)

    def bind_sockets(
        self,
        port: int | str,
        address: str | None = None,
        family: int = socket.AF_UNSPEC,
        backlog: int = _DEFAULT_BACKLOG,
        flags: int | None = None,
        reuse_port: bool = False,
    ) -> list[socket.socket]:
        """Stand in for `tornado.netutil.bind_sockets`."""
        return self.sockets_for(
            Wanted(
                port=port,
                address=address or None,
                family=int(family),
                backlog=backlog,
                flags=None if flags is None else int(flags),
                reuse_port=reuse_port,
            )
        )

    def bind_unix_socket(self, file: str, mode: int = 0o600, backlog: int = _DEFAULT_BACKLOG) -> socket.socket:
        """Stand in for `tornado.netutil.bind_unix_socket`, which gives one socket; the server gets the others."""
        return self.sockets_for(Wanted(unix_path=file, unix_mode=mode, backlog=backlog))[0]

    def sockets_for(self, wanted: Wanted) -> list[socket.socket]:
        if self.provide is not None and not self.given and self._is_http.get():
            self.given = self.provide()
            if self.given:
                return list(self.given)
        return self.elsewhere(wanted)

    @contextmanager
    def asked_by(self, server: TCPServer) -> Iterator[None]:
        """What is bound inside is for this server."""
        token = self._is_http.set(isinstance(server, HTTPServer))
        try:
            yield
        finally:
            self._is_http.reset(token)

    def sockets_to_add(self, sockets: Iterable[socket.socket]) -> list[socket.socket]:
        """All given sockets as soon as one of them is added, each once: scripts like to add only the first."""
        asked = list(sockets)
        own = [sock for sock in asked if sock not in self.given]
        if len(own) == len(asked):
            return asked
        new = [sock for sock in self.given if id(sock) not in self._served]
        self._served.update(map(id, new))
        return own + new

    def added(self, server: TCPServer, sockets: list[socket.socket]) -> None:
        if sockets and isinstance(server, HTTPServer):
            self.on_serving(server)


def patched_methods(listening: Listening) -> dict[str, Callable[..., Any]]:
    """TCPServer's methods with `listening` told who asks."""
    listen, bind, add_sockets = TCPServer.listen, TCPServer.bind, TCPServer.add_sockets

    def listen_here(server: TCPServer, *args: Any, **kwargs: Any) -> None:
        with listening.asked_by(server):
            listen(server, *args, **kwargs)

    def bind_here(server: TCPServer, *args: Any, **kwargs: Any) -> None:
        with listening.asked_by(server):
            bind(server, *args, **kwargs)

    def add_sockets_here(server: TCPServer, sockets: Iterable[socket.socket]) -> None:
        chosen = listening.sockets_to_add(sockets)
        add_sockets(server, chosen)
        listening.added(server, chosen)

    return {"listen": listen_here, "bind": bind_here, "add_sockets": add_sockets_here}
