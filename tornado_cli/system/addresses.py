"""What a host means: the addresses to listen on, who can reach them, and the URL to type."""

import re
import socket
from ipaddress import ip_address
from typing import Final

from tornado_cli.errors import TcliError
from tornado_cli.records import Record

# Both families by number: what a resolver makes of these names differs from machine to machine.
LOOPBACKS: Final = ("127.0.0.1", "::1")
LAST_PORT: Final = 65535
WILDCARDS: Final = ("0.0.0.0", "::")  # noqa: S104 - only what a user asks for.
# RFC 6761: names that never leave this machine. The part before is checked, for it becomes part of a file's name.
LOCALHOST: Final = re.compile(r"([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.){0,9}localhost")


class ListenError(TcliError):
    """A listener cannot be opened."""


class Address(Record):
    """One address to listen on; `scope` is the network interface of a link-local IPv6 address."""

    family: socket.AddressFamily
    host: str
    scope: int = 0

    def with_port(self, port: int) -> tuple[str, int] | tuple[str, int, int, int]:
        """Return it as `socket.bind` wants it."""
        return (self.host, port) if self.family == socket.AF_INET else (self.host, port, 0, self.scope)


def addresses_of(host: str) -> list[Address]:
    """Return the addresses to listen on: `localhost` is both loopbacks, `*` both families."""
    name = plain_host(host)
    if name in {"", "*"}:
        return _both_families(WILDCARDS)
    if _is_localhost(name):
        return _both_families(LOOPBACKS)
    try:
        found = socket.getaddrinfo(name, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, ValueError) as error:  # ValueError: what no host name can look like.
        reason = error.strerror if isinstance(error, OSError) else "no host name looks like that"
        hint = "Listen on this machine: --host 127.0.0.1, or on all its addresses: --host 0.0.0.0"
        raise ListenError(f"The host {host!r} is unknown ({reason}).", hint=hint) from None
    return list(dict.fromkeys(Address(family, *_host_and_scope(*address)) for family, _, _, _, address in found))


def plain_host(host: str) -> str:
    """Return a host as it is compared: without brackets or the dot of the root, an address in its short form."""
    name = host[1:-1] if host.startswith("[") and host.endswith("]") else host.removesuffix(".").lower()
    try:
        return str(ip_address(name))
    except ValueError:
        return name


def is_everywhere(host: str) -> bool:
    """Say whether to listen on a host is to listen on all addresses."""
    return plain_host(host) in {"", "*", *WILDCARDS}


def is_address(host: str) -> bool:
    """Tell an address from a name."""
    try:
        ip_address(plain_host(host))
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach a host; a name that must be looked up is not trusted to stay so."""
    if _is_localhost(host):
        return True
    try:
        return ip_address(plain_host(host)).is_loopback
    except ValueError:
        return False


def url_of(scheme: str, host: str, port: int) -> str:
    """Return a URL to click on; listeners on all addresses are reached as localhost."""
    name = "localhost" if is_everywhere(host) else plain_host(host)
    if ":" in name:
        name = f"[{name}]"
    default = {"http": 80, "https": 443}.get(scheme)
    return f"{scheme}://{name}" if port == default else f"{scheme}://{name}:{port}"


def _host_and_scope(host: str | int, _port: int, _flow: int = 0, scope: int = 0) -> tuple[str, int]:
    return str(host), scope


def _both_families(hosts: tuple[str, str]) -> list[Address]:
    return [Address(socket.AF_INET, hosts[0]), Address(socket.AF_INET6, hosts[1])]


def _is_localhost(host: str) -> bool:
    return LOCALHOST.fullmatch(plain_host(host)) is not None
