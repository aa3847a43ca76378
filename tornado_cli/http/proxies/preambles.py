"""Connections that a proxy has to introduce: its PROXY header is read and taken away before anything else is."""

import socket
from collections.abc import Callable
from typing import Any

from tornado.ioloop import IOLoop

from tornado_cli.http.exchange import UNIX_CLIENT
from tornado_cli.http.proxies.proxy_protocol import NoHeader, header_in
from tornado_cli.http.proxies.trust import Trust
from tornado_cli.http.refusals.kinds import Kind
from tornado_cli.http.refusals.refused import Refused

PATIENCE = 5.0
"""Seconds in which a header has to be there: proxies send it at once."""
_PEEKED = 2048
"""Bytes that are looked at: a header is mostly shorter, and what follows is not ours to read."""


class Preambles:
    """The accepted connections whose headers have not come yet."""

    def __init__(
        self, trust: Trust, serve: Callable[[socket.socket, Any], None], on_end: Callable[[], None], refused: Refused
    ) -> None:
        """`serve` is given each connection with its client's address, `on_end` told of each that came to nothing."""
        self._trust = trust
        self._serve = serve
        self._on_end = on_end
        self._refused = refused
        self._awaited: set[_Preamble] = set()

    def __len__(self) -> int:
        return len(self._awaited)

    def accept(self, connection: socket.socket, address: Any) -> None:
        """Take a new connection: of a proxy that is trusted, else it ends here."""
        if not self._trust.holds_for_peer(address, connection.family):
            self._note(address, "it is none of --trusted-proxies")
            connection.close()
            return
        connection.setblocking(False)
        preamble = _Preamble(connection, address, self)
        self._awaited.add(preamble)
        preamble.read()
        if preamble in self._awaited:
            preamble.wait()

    def introduced(self, preamble: "_Preamble", client: Any) -> None:
        """Go on with a connection whose header has been read."""
        self._awaited.remove(preamble)
        self._serve(preamble.connection, client)

    def failed(self, preamble: "_Preamble", fault: str) -> None:
        """End a connection; without a fault it is nobody's."""
        self._awaited.remove(preamble)
        preamble.connection.close()
        if fault:
            self._note(preamble.address, fault)
        self._on_end()

    def drop(self) -> None:
        """Close them all."""
        for preamble in list(self._awaited):
            preamble.fail()

    def _note(self, address: Any, fault: str) -> None:
        self._refused.note(Kind.UNINTRODUCED, address[0] if isinstance(address, tuple) else UNIX_CLIENT, fault)


class _Preamble:
    """The header of one connection."""

    def __init__(self, connection: socket.socket, address: Any, owner: Preambles) -> None:
        self.connection = connection
        self.address = address
        self._owner = owner
        self._begun = b""
        self._loop = IOLoop.current()
        self._deadline: object | None = None

    def wait(self) -> None:
        """Wait for more: mostly all of it is there at once."""
        self._loop.add_handler(self.connection, lambda *_: self.read(), IOLoop.READ)
        self._deadline = self._loop.call_later(PATIENCE, self.fail, f"it has not come in {PATIENCE:g} s")

    def read(self) -> None:
        """Read what has come, and not a byte beyond the header: TLS reads on from there."""
        try:
            peeked = self.connection.recv(_PEEKED, socket.MSG_PEEK)
            header = header_in(self._begun + peeked)
            self._begun += self.connection.recv(len(peeked) if header is None else header.size - len(self._begun))
        except BlockingIOError:
            return
        except NoHeader as error:
            self.fail(str(error))
        except OSError:
            self.fail()
        else:
            if header is not None:
                self._stop()
                self._owner.introduced(self, header.source or self.address)
            elif not peeked:
                # A proxy that only looks whether somebody is there.
                self.fail()

    def fail(self, fault: str = "") -> None:
        self._stop()
        self._owner.failed(self, fault)

    def _stop(self) -> None:
        if self._deadline is not None:
            self._loop.remove_timeout(self._deadline)
            self._loop.remove_handler(self.connection)
