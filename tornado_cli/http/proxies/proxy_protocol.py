"""The PROXY protocol, versions 1 and 2: what a proxy says at the start of a connection, before its client does.

https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt
"""

import re
import struct
from ipaddress import ip_address
from typing import Final, NamedTuple, TypeAlias

from tornado_cli.http.proxies.trust import plain_address
from tornado_cli.system.addresses import LAST_PORT

Source: TypeAlias = tuple[str, int]
LONGEST: Final = 16 + 8192
"""Bytes of a header at most; what comes behind the addresses may be a certificate."""
_V1: Final = b"PROXY "
_V1_LONGEST: Final = 107
_PORT: Final = rb"(?:0|[1-9][0-9]{0,4})"
_V1_HEADER: Final = re.compile(
    rb"PROXY (?:UNKNOWN(?: [ -~]*)?|TCP(?P<version>[46]) (?P<source>[0-9A-Fa-f:.]+) [0-9A-Fa-f:.]+ (?P<port>%b) %b)\r\n"
    % (_PORT, _PORT)
)
_V2: Final = b"\r\n\r\n\x00\r\nQUIT\n"
_V2_HEAD: Final = struct.Struct("!12sBBH")
_LOCAL, _PROXY = 0x20, 0x21
# Family and kind of transport: where the addresses end, and where in them the source and its port stand.
_NO_FAMILY, _UNIX_FAMILY = 0x00, 0x31
_LAYOUTS: Final = {0x11: struct.Struct("!4s4xH2x"), 0x21: struct.Struct("!16s16xH2x")}
_UNIX_SIZE: Final = 216


class NoHeader(Exception):  # noqa: N818 - says what there is.
    """What comes is not the header that it has to be."""


class Header(NamedTuple):
    """Who is at the other end of the proxy; None when the proxy itself is, or does not tell."""

    source: Source | None
    size: int


def header_in(data: bytes) -> Header | None:
    """Return the header that what has come begins with; None when more has to come. Raises NoHeader."""
    if _V2.startswith(data[: len(_V2)]):
        return _binary(data)
    if _V1.startswith(data[: len(_V1)]):
        return _text(data)
    raise NoHeader("it does not begin with one")


def _text(data: bytes) -> Header | None:
    end = data.find(b"\r\n", 0, _V1_LONGEST) + 2
    if end == 1:
        if len(data) >= _V1_LONGEST:
            raise NoHeader("its line has no end")
        return None
    match = _V1_HEADER.fullmatch(data, 0, end)
    if match is None:
        raise NoHeader("its line is malformed")
    return Header(_source(match) if match["version"] else None, end)


def _source(match: re.Match[bytes]) -> Source:
    try:
        address, port = ip_address(match["source"].decode()), int(match["port"])
    except ValueError:
        raise NoHeader("its address is none") from None
    if address.version != int(match["version"]) or port > LAST_PORT:
        raise NoHeader("its address is none")
    return plain_address(str(address)), port


def _binary(data: bytes) -> Header | None:
    if len(data) < _V2_HEAD.size:
        return None
    _, command, family, length = _V2_HEAD.unpack_from(data)
    size = _V2_HEAD.size + length
    if command not in {_LOCAL, _PROXY}:
        raise NoHeader("its version or command is unknown")
    if size > LONGEST:
        raise NoHeader("it is too long")
    if len(data) < size:
        return None
    if command == _LOCAL or family == _NO_FAMILY:
        return Header(None, size)
    layout = _LAYOUTS.get(family)
    if length < (_UNIX_SIZE if layout is None else layout.size) or (layout is None and family != _UNIX_FAMILY):
        raise NoHeader("its addresses are of an unknown kind")
    if layout is None:
        return Header(None, size)
    address, port = layout.unpack_from(data, _V2_HEAD.size)
    return Header((plain_address(str(ip_address(address))), port), size)
