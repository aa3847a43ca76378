"""Ports for those who have to know theirs before they are started."""

import errno
import random
import socket
from contextlib import ExitStack
from pathlib import Path

_FIRST = 10_000
_USUAL_END = 32_768
_ENOUGH = 1_000
_GIVEN_AWAY = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_ports(count: int) -> list[int]:
    """Return ports that nobody has now, at any address; nor will anybody get them who did not ask for that number.

    Other tests run meanwhile, with port 0 and with clients: the kernel gives them ports of its own range, so these are
    from below it.
    """
    end = int(_GIVEN_AWAY.read_text().split()[0]) if _GIVEN_AWAY.exists() else _USUAL_END
    if end < _FIRST + _ENOUGH:
        # Nearly all of them are given away here: then these are only likely to stay free.
        end = _USUAL_END
    ports: set[int] = set()
    while len(ports) < count:
        port = random.SystemRandom().randrange(_FIRST, end)
        if _is_free(port):
            ports.add(port)
    return list(ports)


def free_port() -> int:
    """Return one of them."""
    return free_ports(1)[0]


def _is_free(port: int) -> bool:
    with ExitStack() as stack:
        try:
            stack.enter_context(socket.create_server(("", port)))
            if socket.has_dualstack_ipv6():
                stack.enter_context(socket.create_server(("::", port), family=socket.AF_INET6))
        except OSError as problem:
            # Any other means that this machine has no such addresses.
            return problem.errno != errno.EADDRINUSE
    return True
