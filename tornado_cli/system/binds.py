"""What `--bind` says: read, and shown again."""

import re
from ipaddress import IPv6Address
from pathlib import Path
from typing import Final, TypeAlias

from tornado_cli.errors import UsageError
from tornado_cli.records import Record
from tornado_cli.system.addresses import LAST_PORT

_FORMS: Final = "host:port, [v6]:port, unix:/path or fd:N"
_TCP: Final = re.compile(r"(?:\[(?P<v6>[^\[\]]+)\]|(?P<host>[^\s:/\[\]]+)):(?P<port>[0-9]{1,5})")
_DESCRIPTOR: Final = re.compile(r"[0-9]{1,9}")


class TcpBind(Record):
    """A host, which may stand for several addresses, and a port; 0 is a free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class RedirectBind(TcpBind):
    """Where plain HTTP is sent on to HTTPS."""


class UnixBind(Record):
    """A path, absolute; its folders may be links that lead elsewhere tomorrow."""

    path: Path

    def __str__(self) -> str:
        return f"unix:{self.path}"


class InheritedBind(Record):
    """A listening socket that our parent has left open for us."""

    descriptor: int

    def __str__(self) -> str:
        return f"fd:{self.descriptor}"


Bind: TypeAlias = TcpBind | UnixBind | InheritedBind


def bind_of(text: str, directory: Path) -> Bind:
    """Read one address to listen on; a path that is relative begins at `directory`.

    Raises UsageError for anything else.
    """
    kind, _, rest = text.partition(":")
    match kind:
        case "unix" if rest and "\0" not in rest:
            return UnixBind(directory / rest)
        case "fd" if _DESCRIPTOR.fullmatch(rest):
            return InheritedBind(int(rest))
        case "unix" | "fd":
            raise _misread(text)
    bind = _tcp_bind(text)
    if bind is None:
        raise _misread(text)
    return bind


def redirect_bind_of(text: str) -> RedirectBind:
    """Read the address of `--redirect-http`. Raises UsageError for anything but a host and a port."""
    bind = _tcp_bind(text)
    if bind is None:
        message = f"--redirect-http {text!r} is no address: host:port or [v6]:port."
        raise UsageError(message, hint="For example: --redirect-http 0.0.0.0:80")
    return RedirectBind(bind.host, bind.port)


def _tcp_bind(text: str) -> TcpBind | None:
    match = _TCP.fullmatch(text)
    if match is None or int(match["port"]) > LAST_PORT or (match["v6"] and not _is_v6(match["v6"])):
        return None
    return TcpBind(match["v6"] or match["host"], int(match["port"]))


def _misread(text: str) -> UsageError:
    return UsageError(f"--bind {text!r} is no address: {_FORMS}.", hint=_meant(text))


def _meant(text: str) -> str:
    if text.isdecimal():
        return f"A port needs its host: --bind 127.0.0.1:{text}"
    if "://" in text:
        return f"Leave {text.partition('://')[0]}:// out; --ssl and --certfile turn TLS on."
    if text.startswith("/"):
        return f"For a Unix socket: --bind unix:{text}"
    host, _, port = text.rpartition(":")
    if _is_v6(host) or _is_v6(text):
        host, port = (host, port) if _is_v6(host) else (text, "8000")
        return f"An IPv6 address stands in brackets, with a port: --bind [{host}]:{port}"
    if text.startswith(":") and _TCP.fullmatch(f"*{text}"):
        return f"For all addresses: --bind *{text}"
    if _TCP.fullmatch(f"{text}:8000"):
        return f"A host needs its port: --bind {text}:8000"
    return "For example: --bind 127.0.0.1:8000 --bind unix:/run/app.sock"


def _is_v6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True
