"""The last requests of a run, in a file without a name: they outlive the processes that served them.

The server makes the file; each process of the application has it from its forkserver, and writes there. It is a ring
of slots, a slot a request. A lock of the file, which the kernel takes back from whoever dies, keeps writers apart.
"""

import fcntl
import json
import os
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tornado_cli.system.memory_files import anonymous_file

Record = Mapping[str, Any]

KEPT = 200
"""Requests that are remembered."""
SLOT = 192 * 1024
"""Bytes that one may take. What is never written takes no memory."""
_HEAD = struct.Struct("=QQ")
"""Of the file: the number of the next request, and how often anything was written."""
_SLOT_HEAD = struct.Struct("=QII")
"""Of a slot: the number of its request, and how many bytes of summary and of details follow."""
_ROOM = SLOT - _SLOT_HEAD.size
_IS_CUT = {"is_cut": True}


def new_store() -> int:
    """Return the descriptor of an empty store; not inherited unless passed on."""
    descriptor = anonymous_file("tcli-requests")
    os.ftruncate(descriptor, _HEAD.size + KEPT * SLOT)
    os.pwrite(descriptor, _HEAD.pack(1, 0), 0)
    return descriptor


class RequestStore:
    """A request has a summary, for a list, and details; both are mappings that JSON can say."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def add(self, summary: Record, details: Record) -> int:
        """Keep a request in place of the oldest; return its number, which no other has."""
        with self._locked():
            number, changes = self._head()
            self._write(number, summary, details)
            self._set_head(number + 1, changes + 1)
        return number

    def replace(self, number: int, summary: Record, details: Record) -> None:
        """Keep this in place of what was told of the request of that number, if that is still there."""
        with self._locked():
            if self._slot_head(number)[0] == number:
                self._write(number, summary, details)
                following, changes = self._head()
                self._set_head(following, changes + 1)

    def changes(self) -> int:
        """Return a number that is another one after each change."""
        return self._head()[1]

    def newest_first(self) -> list[dict[str, Any]]:
        """Return the summaries of all that are kept, each with its `number`."""
        with self._locked():
            following, _ = self._head()
            numbers = range(following - 1, max(0, following - 1 - KEPT), -1)
            return [found for number in numbers if (found := self._read(number, with_details=False)) is not None]

    def get(self, number: int) -> dict[str, Any] | None:
        """Return summary and details of one, with its `number`; None when it is not kept any more."""
        with self._locked():
            return self._read(number, with_details=True)

    def _head(self) -> tuple[int, int]:
        following, changes = _HEAD.unpack(os.pread(self._descriptor, _HEAD.size, 0))
        return following, changes

    def _set_head(self, following: int, changes: int) -> None:
        os.pwrite(self._descriptor, _HEAD.pack(following, changes), 0)

    def _slot_head(self, number: int) -> tuple[int, int, int]:
        found, summary, details = _SLOT_HEAD.unpack(os.pread(self._descriptor, _SLOT_HEAD.size, _place(number)))
        return found, summary, details

    def _write(self, number: int, summary: Record, details: Record) -> None:
        first, rest = _fitting(summary, details)
        head = _SLOT_HEAD.pack(number, len(first), len(rest))
        os.pwrite(self._descriptor, head + first + rest, _place(number))

    def _read(self, number: int, *, with_details: bool) -> dict[str, Any] | None:
        found, size, more = self._slot_head(number)
        if found != number or number == 0:
            return None
        place = _place(number) + _SLOT_HEAD.size
        content = os.pread(self._descriptor, size + (more if with_details else 0), place)
        details = _read_from(content[size:]) if with_details else {}
        return {**_read_from(content[:size]), **details, "number": number}

    @contextmanager
    def _locked(self) -> Iterator[None]:
        # Of POSIX's kind: each process has its own, though all have the same open file.
        fcntl.lockf(self._descriptor, fcntl.LOCK_EX, _HEAD.size)
        try:
            yield
        finally:
            fcntl.lockf(self._descriptor, fcntl.LOCK_UN, _HEAD.size)


def _place(number: int) -> int:
    return _HEAD.size + number % KEPT * SLOT


def _fitting(summary: Record, details: Record) -> tuple[bytes, bytes]:
    """Return both as they are written, if need be without the largest of the details, or of all of them."""
    first, rest = _written(summary), _written(details)
    while len(first) + len(rest) > _ROOM and details.keys() != _IS_CUT.keys():
        largest = max(details, key=lambda name: len(_written({name: details[name]})))
        details = {name: value for name, value in details.items() if name != largest} | _IS_CUT
        rest = _written(details)
    return first, rest


def _written(record: Record) -> bytes:
    # Half characters (surrogates) come in paths and header values.
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _read_from(content: bytes) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(content.decode("utf-8", "surrogatepass"))
    return record
