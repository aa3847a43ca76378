"""The addresses by which other machines can reach this one."""

import contextlib
import fcntl
import socket
import struct
import sys
from ipaddress import ip_address
from pathlib import Path

# <linux/sockios.h>
_SIOCGIFADDR = 0x8915
_IF_INET6 = Path("/proc/net/if_inet6")
# TEST-NET-1 and the documentation prefix: nothing is sent there, the system only chooses the address to send from.
_ELSEWHERE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}


def outside_addresses(family: socket.AddressFamily) -> list[str]:
    """Return the addresses of this machine's interfaces, without those that others cannot use as they stand."""
    found = _listed(family) if sys.platform == "linux" else _routed(family)
    return [one for one in dict.fromkeys(found) if not (ip_address(one).is_loopback or ip_address(one).is_link_local)]


def _listed(family: socket.AddressFamily) -> list[str]:
    if family == socket.AF_INET6:
        return _listed_ipv6()
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for _, name in socket.if_nameindex():
            # An interface without an address.
            with contextlib.suppress(OSError):
                answer = fcntl.ioctl(asking, _SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
                found.append(socket.inet_ntoa(answer[20:24]))
    return found


def _listed_ipv6() -> list[str]:
    try:
        lines = _IF_INET6.read_text().splitlines()
    except OSError:
        return []
    return [str(ip_address(bytes.fromhex(line.split()[0]))) for line in lines]


def _routed(family: socket.AddressFamily) -> list[str]:
    """Return the address that a way out of here would begin with: all that can be asked in a portable way."""
    with socket.socket(family, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect((_ELSEWHERE[family], 9))
        except OSError:
            return []
        return [asking.getsockname()[0].partition("%")[0]]
