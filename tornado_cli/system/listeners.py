"""Listening sockets: opened once by the top process, adopted by its children."""

import errno
import socket
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Final, TypeAlias

from tornado_cli.records import Record
from tornado_cli.system.addresses import LAST_PORT, Address, ListenError, addresses_of

if TYPE_CHECKING:
    from tornado_cli.system.ports import Holder

# How often a port chosen by the kernel for one family may be taken in the other one.
PAIRING_ATTEMPTS: Final = 16
# How far to look for a free port.
PORTS_TRIED: Final = 100

Held: TypeAlias = Mapping[tuple[Address, int], socket.socket]
"""Listeners that are open, by address and by the port that was wanted."""


class PortTaken(ListenError):  # noqa: N818 - it says what happened.
    """Somebody else listens there already."""

    def __init__(self, address: str, port: int, holder: "Holder | None" = None) -> None:
        by = f" by {holder}" if holder else ""
        super().__init__(f"Port {port} is taken{by}.", hint="Stop it, or choose another port: --port N")
        self.address = address
        self.port = port
        self.holder = holder


class Opened(Record):
    """Listeners on the first free port; `taken` says why it is not the port that was wanted."""

    listeners: list[socket.socket]
    port: int
    taken: PortTaken | None = None


def open_listeners(host: str, port: int, backlog: int) -> list[socket.socket]:
    """Listen on every address a host name stands for; port 0 becomes the same free port on all of them."""
    return list(open_addresses(host, port, backlog, {}).values())


def open_addresses(host: str, port: int, backlog: int, held: Held) -> dict[Address, socket.socket]:
    """As `open_listeners`, but by address; those in `held` are taken as they are."""
    try:
        return _open(addresses_of(host), port, backlog, held)
    except PortTaken as taken:
        from tornado_cli.system.ports import holder_of

        raise PortTaken(taken.address, taken.port, holder_of(taken.port, taken.address)) from None


def next_free(host: str, port: int, backlog: int) -> Opened:
    """Listen on a port, or on the next one that nobody holds."""
    try:
        listeners = open_listeners(host, port, backlog)
    except PortTaken as taken:
        return _open_after(taken, addresses_of(host), backlog)
    return Opened(listeners, port_of(listeners))


def inherited_listener(descriptor: int) -> socket.socket:
    """Take over a listener that the parent of this process has left open.

    Raises ListenError for a descriptor that is anything else, and leaves it as it is.
    """
    hint = "It has to be open, bound and listening when tcli starts (systemd: Accept=no)."
    try:
        probe = socket.socket(fileno=descriptor)
    except OSError as error:
        what = "no socket" if error.errno == errno.ENOTSOCK else "not open"
        raise ListenError(f"fd:{descriptor} is {what}.", hint=hint) from None
    listens = probe.type == socket.SOCK_STREAM and probe.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    probe.detach()
    if not listens:
        raise ListenError(f"fd:{descriptor} is no listening stream socket.", hint=hint)
    return adopt([descriptor])[0]


def adopt(descriptors: Iterable[int]) -> list[socket.socket]:
    """Take over listeners that were inherited; programs started from here do not inherit them in turn."""
    listeners = [socket.socket(fileno=descriptor) for descriptor in descriptors]
    for listener in listeners:
        listener.set_inheritable(False)
        listener.setblocking(False)
    return listeners


def port_of(listeners: Sequence[socket.socket]) -> int:
    """Return the port that listeners share."""
    port = listeners[0].getsockname()[1]
    assert isinstance(port, int)
    return port


def _open(addresses: Sequence[Address], port: int, backlog: int, held: Held) -> dict[Address, socket.socket]:
    attempts = PAIRING_ATTEMPTS if port == 0 else 1
    for _ in range(attempts - 1):
        with suppress(PortTaken):  # The port chosen on the first address was taken on the second one.
            return _open_all(addresses, port, backlog, held)
    return _open_all(addresses, port, backlog, held)


def _open_all(addresses: Sequence[Address], wanted: int, backlog: int, held: Held) -> dict[Address, socket.socket]:
    listeners: dict[Address, socket.socket] = {}
    failures: list[ListenError] = []
    port = wanted
    with ExitStack() as undo:
        for address in addresses:
            try:
                listener = held.get((address, wanted)) or undo.enter_context(_listener(address, port, backlog))
            except OSError as error:
                failures.append(_explained(error, address.host, port))
                if not _is_missing_family(error, address):
                    raise failures[-1] from None
            else:
                listeners[address] = listener
                port = port_of([listener])
        if not listeners:
            raise failures[0]
        undo.pop_all()
    return listeners


def _listener(address: Address, port: int, backlog: int) -> socket.socket:
    with ExitStack() as undo:
        listener = undo.enter_context(socket.socket(address.family, socket.SOCK_STREAM))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if address.family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.setblocking(False)
        listener.bind(address.with_port(port))
        listener.listen(backlog)
        undo.pop_all()
    return listener


def _is_missing_family(error: OSError, address: Address) -> bool:
    """Tell a machine or container without IPv6 (or IPv4), where the other family is enough."""
    if error.errno == errno.EADDRNOTAVAIL:
        return address.family == socket.AF_INET6
    return error.errno in {errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT}


def _explained(error: OSError, host: str, port: int) -> ListenError:
    match error.errno:
        case errno.EADDRINUSE:
            return PortTaken(host, port)
        case errno.EACCES | errno.EPERM:
            hint = "Choose a port from 1024 on, or allow it (systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE)."
            return ListenError(f"Port {port} needs a privilege that this user does not have.", hint=hint)
        case errno.EADDRNOTAVAIL:
            hint = "Listen on this machine: --host 127.0.0.1, or on all its addresses: --host 0.0.0.0"
            return ListenError(f"{host} is not an address of this machine.", hint=hint)
        case _:
            return ListenError(f"Cannot listen on {host}, port {port}: {error.strerror}.")


def _open_after(taken: PortTaken, addresses: Sequence[Address], backlog: int) -> Opened:
    last = min(taken.port + PORTS_TRIED, LAST_PORT)
    for port in range(taken.port + 1, last + 1):
        try:
            listeners = _open(addresses, port, backlog, {})
        except PortTaken:
            continue
        return Opened(list(listeners.values()), port, taken)
    raise taken
