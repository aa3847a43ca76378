"""The addresses that a top process has bound: once each, for as long as it lives."""

import socket
from collections.abc import Sequence

from tornado_cli.errors import TcliError
from tornado_cli.events import Bound
from tornado_cli.system.listeners import open_listeners


class BoundAddresses:
    """Keeps the application's own listeners, and those that a script asks for besides."""

    def __init__(self, listeners: Sequence[socket.socket], backlog: int) -> None:
        self.main = list(listeners)
        self._backlog = backlog
        self._others: dict[tuple[str, int], list[socket.socket]] = {}

    def bind(self, host: str, port: int) -> tuple[Bound, list[socket.socket]]:
        """Answer a process that wants to listen elsewhere; the same address gets the same listeners again."""
        if (host, port) not in self._others:
            try:
                self._others[host, port] = open_listeners(host, port, self._backlog)
            except TcliError as error:
                return Bound(error=f"{error} {error.hint}".strip()), []
        return Bound(), self._others[host, port]

    def close(self) -> None:
        """Close our copies: a socket is closed for good when its last holder has closed it."""
        for listener in (*self.main, *(one for others in self._others.values() for one in others)):
            listener.close()
        self.main.clear()
        self._others.clear()
