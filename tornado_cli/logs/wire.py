"""How records travel: entries of one kind, packed into datagrams."""

from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple

DATAGRAM_LIMIT = 64 * 1024
"""Bytes in which entries are gathered; a single larger entry travels alone."""


class Kind(IntEnum):
    """First byte of a datagram. Lines are finished and only passed on; records are drawn by the writer."""

    LOG_LINES = 0
    ACCESS_LINES = 1
    LOG_RECORDS = 2
    ACCESS_RECORDS = 3


class Datagram(NamedTuple):
    """What one send takes, and how many records are lost with it."""

    data: bytes
    entries: int


def pack(kind: Kind, entries: Sequence[str]) -> Iterator[Datagram]:
    """Gather entries, in order, into few datagrams that keep to the limit."""
    data = "\n".join(entries).encode()
    if len(data) < DATAGRAM_LIMIT or len(entries) == 1:
        yield Datagram(bytes([kind]) + data + b"\n", len(entries))
    else:
        half = len(entries) // 2
        yield from pack(kind, entries[:half])
        yield from pack(kind, entries[half:])


def unpack(data: bytes) -> tuple[Kind, bytes]:
    """Kind and entries of a datagram; ValueError when it is none."""
    if not data.endswith(b"\n"):
        raise ValueError("not a datagram of ours")
    return Kind(data[0]), data[1:]
