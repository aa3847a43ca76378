"""Connections that a proxy has to introduce: its PROXY header is read and taken away before anything else is."""

import logging
import socket
from collections.abc import Callable
from typing import Any

from tornado.ioloop import IOLoop

from tornado_cli.http.exchange import UNIX_CLIENT
from tornado_cli.http.proxy_protocol import NoHeader, header_in
from tornado_cli.http.trust import Trust
from tornado_cli.logs.seldom import Seldom

PATIENCE = 5.0
"""Seconds in which a header has to be there: proxies send it at once."""
_PEEKED = 2048
"""Bytes that are looked at: a header is mostly shorter, and what follows is not ours to read."""
_seldom = Seldom(logging.getLogger("tornado_cli.http"))


class Preambles:
    """The accepted connections whose headers have not come yet."""

    def __init__(self, trust: Trust, serve: Callable[[socket.socket, Any], None], on_end: Callable[[], None]) -> None:
        """`serve` is given each connection with its client's address, `on_end` told of each that came to nothing."""
        self._trust = trust
        self._serve = serve
        self._on_end = on_end
        self._awaited: set[_Preamble] = set()

    def __len__(self) -> int:
        return len(self._awaited)

    def accept(self, connection: socket.socket, address: Any) -> None:
        """Take a new connection: of a proxy that is trusted, else it ends here."""
        if not self._trust.holds_for_peer(address, connection.family):
            tell_unintroduced(address, "it is none of --trusted-proxies")
            connection.close()
            return
        connection.setblocking(False)
        preamble = _Preamble(connection, address, self._end)
        self._awaited.add(preamble)
        preamble.read()
        if preamble in self._awaited:
            preamble.wait()

    def drop(self) -> None:
        """Close them all."""
        for preamble in list(self._awaited):
            preamble.fail()

    def _end(self, preamble: "_Preamble", client: Any) -> None:
        self._awaited.remove(preamble)
        if client is None:
            preamble.connection.close()
            self._on_end()
        else:
            self._serve(preamble.connection, client)


class _Preamble:
    """The header of one connection."""

    def __init__(self, connection: socket.socket, address: Any, on_end: Callable[["_Preamble", Any], None]) -> None:
        self.connection = connection
        self._address = address
        self._on_end = on_end
        self._begun = b""
        self._loop = IOLoop.current()
        self._deadline: object | None = None

    def wait(self) -> None:
        """Wait for more: mostly all of it is there at once."""
        self._loop.add_handler(self.connection, lambda *_: self.read(), IOLoop.READ)
        self._deadline = self._loop.call_later(PATIENCE, self._be_late)

    def read(self) -> None:
        """Read what has come, and not a byte beyond the header: TLS reads on from there."""
        try:
            peeked = self.connection.recv(_PEEKED, socket.MSG_PEEK)
            header = header_in(self._begun + peeked)
            size = len(peeked) if header is None else header.size - len(self._begun)
            self._begun += self.connection.recv(size)
        except BlockingIOError:
            return
        except NoHeader as error:
            tell_unintroduced(self._address, str(error))
            self.fail()
            return
        except OSError:
            self.fail()
            return
        if header is not None:
            self._end(header.source or self._address)
        elif not peeked:
            # A proxy that only looks whether somebody is there.
            self.fail()

    def fail(self) -> None:
        self._end(None)

    def _be_late(self) -> None:
        tell_unintroduced(self._address, f"it has not come in {PATIENCE:g} s")
        self.fail()

    def _end(self, client: Any) -> None:
        if self._deadline is not None:
            self._loop.remove_timeout(self._deadline)
            self._loop.remove_handler(self.connection)
        self._on_end(self, client)


def tell_unintroduced(address: Any, reason: str) -> None:
    client = address[0] if isinstance(address, tuple) else UNIX_CLIENT
    _seldom.tell("unintroduced", f"A connection from {client} without a PROXY header: {reason}.", client=client)
