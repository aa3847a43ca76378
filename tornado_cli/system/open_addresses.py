"""The addresses that settings ask for: opened, kept as they are while they are needed, and let go of."""

import socket
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, TypeAlias

from tornado_cli.system.addresses import Address, ListenError
from tornado_cli.system.binds import Bind, InheritedBind, RedirectBind, TcpBind, UnixBind
from tornado_cli.system.listeners import PortTaken, inherited_listener, open_addresses
from tornado_cli.system.ports import ListeningSocket, in_the_way
from tornado_cli.system.turn_away import turn_away
from tornado_cli.system.unix_listeners import SocketFile, open_unix_listener

Place: TypeAlias = tuple[Address, int] | UnixBind | InheritedBind
"""What is the same place when it is asked for again; a port is the one that was wanted, not the one that was got."""


@dataclass(frozen=True, slots=True, eq=False)
class Listener:
    """A listener that the processes of a tree share."""

    place: Place
    bind: Bind
    """What asked for it first."""
    socket: socket.socket
    descriptor: int
    """Its number, in all of them."""
    file: SocketFile | None = None

    @property
    def redirects(self) -> bool:
        """Whether plain HTTP is only sent on from here."""
        return isinstance(self.bind, RedirectBind)

    @property
    def is_reachable(self) -> bool:
        """Whether clients that come to the place still find it."""
        return self.file is None or self.file.is_there()

    def close(self) -> None:
        """Close our copy; nobody new comes any more while others still accept who has come."""
        if self.file is not None:
            self.file.remove()
        if not isinstance(self.place, InheritedBind):
            turn_away(self.socket)
        self.socket.close()


class OpenAddresses:
    """Everything that the tree listens on by its settings."""

    def __init__(self, backlog: int) -> None:
        self._backlog = backlog
        self._listeners: list[Listener] = []
        self.latest: list[Listener] = []
        """What was asked for last."""

    def open(self, binds: Sequence[Bind]) -> list[Listener]:
        """Listen on all of these; what is open stays the very socket.

        Raises ListenError when one of them cannot be opened, and then opens none.
        """
        opened: dict[Bind, list[Listener]] = {}
        before = list(self._listeners)
        with ExitStack() as undo:
            undo.callback(self.keep_only, before)
            # Before any of our own can be taken for one of them.
            for bind in sorted(binds, key=lambda one: not isinstance(one, InheritedBind)):
                opened[bind] = self._open(bind)
            undo.pop_all()
        # Two names may stand for one address.
        self.latest = list(dict.fromkeys(listener for bind in binds for listener in opened[bind]))
        return self.latest

    def keep_only(self, needed: Collection[Listener]) -> list[Listener]:
        """Close our copies of all others, and return them."""
        dropped = [listener for listener in self._listeners if listener not in needed]
        self._listeners = [listener for listener in self._listeners if listener in needed]
        for listener in dropped:
            listener.close()
        return dropped

    def let_go(self) -> None:
        """Close our copies at a final stop: those who serve still take what is queued."""
        for listener in self._listeners:
            listener.socket.close()

    def close(self) -> None:
        """Close our copies, and leave no file."""
        self.keep_only(())

    def _open(self, bind: Bind) -> list[Listener]:
        match bind:
            case TcpBind():
                return self._open_tcp(bind)
            case UnixBind(path):
                held = self._held(bind)
                if held is None:
                    listener, file = open_unix_listener(path, self._backlog)
                    held = self._take(bind, bind, listener, file)
                return [held]
            case InheritedBind(descriptor):
                return [self._held(bind) or self._take(bind, bind, self._inherited(descriptor))]

    def _open_tcp(self, bind: TcpBind) -> list[Listener]:
        # Port 0 is a free one for each of the two things that can be done there.
        held = {
            one.place: one
            for one in self._listeners
            if isinstance(one.place, tuple) and (bind.port or type(one.bind) is type(bind))
        }
        sockets = {place: one.socket for place, one in held.items()}
        try:
            opened = open_addresses(bind.host, bind.port, self._backlog, sockets)
        except PortTaken as taken:
            raise self._explained(bind, taken) from None
        places: list[tuple[tuple[Address, int], socket.socket]] = [
            ((address, bind.port), listener) for address, listener in opened.items()
        ]
        other_kind = [held[place] for place, _ in places if place in held and type(held[place].bind) is not type(bind)]
        if other_kind:
            raise _two_things_at(bind, other_kind[0])
        return [held.get(place) or self._take(place, bind, listener) for place, listener in places]

    def _held(self, place: Place) -> Listener | None:
        return next((one for one in self._listeners if one.place == place and one.is_reachable), None)

    def _take(self, place: Place, bind: Bind, opened: socket.socket, file: SocketFile | None = None) -> Listener:
        listener = Listener(place, bind, opened, opened.fileno(), file)
        self._listeners.append(listener)
        return listener

    def _inherited(self, descriptor: int) -> socket.socket:
        if any(descriptor == listener.descriptor for listener in self._listeners):
            raise ListenError(f"fd:{descriptor} was not inherited: it is one of tcli's own.")
        return inherited_listener(descriptor)

    def _explained(self, bind: TcpBind, taken: PortTaken) -> ListenError:
        """Tell a port that is taken by ourselves: 127.0.0.1:8000 stands in the way of 0.0.0.0:8000."""
        ours = next((one for one in self._listeners if _is_in_the_way(one.socket.getsockname(), taken)), None)
        if ours is None:
            return taken
        return ListenError(
            f"{bind} cannot be opened while this server listens on {ours.bind}.",
            hint="Name only one of them; to change one into the other, restart.",
        )


def _two_things_at(bind: TcpBind, listener: Listener) -> ListenError:
    ours = "only sends plain HTTP on to HTTPS" if listener.redirects else "serves the application"
    return ListenError(f"{bind} {ours}; it cannot do both.", hint="Give --redirect-http another; to swap two, restart.")


def _is_in_the_way(name: Any, taken: PortTaken) -> bool:
    """Compare with the name of a socket; those of Unix sockets are texts."""
    if not isinstance(name, tuple):
        return False
    listening = ListeningSocket(ip_address(name[0]), name[1], inode="", uid=0)
    return bool(in_the_way(taken.port, taken.address, [listening]))
