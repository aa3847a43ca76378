"""The header of the PROXY protocol: its two versions, and all that is neither."""

import ipaddress
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_cli.http.proxies.proxy_protocol import LONGEST, Header, NoHeader, header_in

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
REST = b"GET / HTTP/1.1\r\n\r\n"
PORTS = st.integers(0, 65535)


def version_2(command: int, family: int, payload: bytes) -> bytes:
    return SIGNATURE + struct.pack("!BBH", command, family, len(payload)) + payload


def addresses(source: str, port: int) -> bytes:
    packed = ipaddress.ip_address(source).packed
    return packed + bytes(len(packed)) + struct.pack("!HH", port, 443)


def tcp(source: str, port: int, extras: bytes = b"") -> bytes:
    family = 0x11 if ipaddress.ip_address(source).version == 4 else 0x21
    return version_2(0x21, family, addresses(source, port) + extras)


@pytest.mark.parametrize(
    ("header", "source"),
    [
        (b"PROXY TCP4 203.0.113.9 10.0.0.1 4711 443\r\n", ("203.0.113.9", 4711)),
        (b"PROXY TCP6 2001:DB8::9 fd00::1 65535 0\r\n", ("2001:db8::9", 65535)),
        (b"PROXY TCP6 ::ffff:203.0.113.9 ::1 1 2\r\n", ("203.0.113.9", 1)),
        (b"PROXY UNKNOWN\r\n", None),
        (b"PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n", None),
        (tcp("203.0.113.9", 4711), ("203.0.113.9", 4711)),
        (tcp("2001:db8::9", 4711), ("2001:db8::9", 4711)),
        (tcp("203.0.113.9", 4711, extras=b"\x04\x00\x03abc" * 50), ("203.0.113.9", 4711)),
        (version_2(0x20, 0x00, b""), None),
        (version_2(0x20, 0x11, addresses("203.0.113.9", 1)), None),
        (version_2(0x20, 0xFF, b"whatever"), None),
        (version_2(0x21, 0x00, b"whatever"), None),
        (version_2(0x21, 0x31, bytes(216)), None),
    ],
)
def test_a_header_names_its_source_and_ends_where_the_client_begins(header: bytes, source: object) -> None:
    assert header_in(header + REST) == Header(source, len(header))  # type: ignore[arg-type]
    for size in range(len(header)):
        assert header_in(header[:size]) is None, size


@pytest.mark.parametrize(
    "data",
    [
        REST,
        b"\x16\x03\x01\x02\x00",
        b"PROXY\r\n",
        b"proxy TCP4 203.0.113.9 10.0.0.1 1 2\r\n",
        b"PROXY TCP4 203.0.113.9 10.0.0.1 1 65536\r\n".replace(b" 1 65536", b" 65536 1"),
        b"PROXY TCP4 203.0.113.9 10.0.0.1 01 2\r\n",
        b"PROXY TCP4 203.0.113.9 10.0.0.1 1\r\n",
        b"PROXY TCP4 203.0.113.999 10.0.0.1 1 2\r\n",
        b"PROXY TCP4 2001:db8::9 fd00::1 1 2\r\n",
        b"PROXY TCP6 203.0.113.9 10.0.0.1 1 2\r\n",
        b"PROXY TCP4  203.0.113.9 10.0.0.1 1 2\r\n",
        b"PROXY UDP4 203.0.113.9 10.0.0.1 1 2\r\n",
        b"PROXY UNKNOWN " + b"x" * 100,
        SIGNATURE[:-1] + b"!",
        version_2(0x11, 0x11, addresses("203.0.113.9", 1)),
        version_2(0x22, 0x11, addresses("203.0.113.9", 1)),
        version_2(0x21, 0x12, addresses("203.0.113.9", 1)),
        version_2(0x21, 0x11, b"short"),
        version_2(0x21, 0x21, addresses("203.0.113.9", 1)),
        version_2(0x21, 0x31, bytes(100)),
        version_2(0x21, 0x11, bytes(LONGEST)),
    ],
)
def test_what_is_no_header_is_none(data: bytes) -> None:
    with pytest.raises(NoHeader):
        header_in(data)


@given(st.ip_addresses(), PORTS, PORTS, st.binary(max_size=60))
def test_either_version_says_the_same(address: ipaddress.IPv4Address, port: int, other: int, rest: bytes) -> None:
    text = f"PROXY TCP{address.version} {address} {address} {port} {other}\r\n".encode()
    binary = tcp(str(address), port, extras=rest)
    mapped = getattr(address, "ipv4_mapped", None)
    for header in (text, binary):
        assert header_in(header + rest) == Header((str(mapped or address), port), len(header))


@given(st.sampled_from([b"", b"PROXY ", b"PROXY TCP4 ", SIGNATURE, SIGNATURE + b"\x21"]), st.binary(max_size=300))
def test_any_bytes_are_a_header_the_beginning_of_one_or_none(begin: bytes, rest: bytes) -> None:
    data = begin + rest
    try:
        header = header_in(data)
    except NoHeader:
        return
    assert header is None or 0 < header.size <= len(data)
