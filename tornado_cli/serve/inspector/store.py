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

KEPT = 200
"""Requests that are remembered."""
SLOT = 192 * 1024
"""Bytes that one may take. What is never written takes no memory."""
_HEAD = struct.Struct("=QQ")
"""Of the file: the number of the next request, and how often anything was written."""
_SLOT_HEAD = struct.Struct("=QI")
"""Of a slot: the number of its request, and how many bytes follow."""
_BULKY = ("request_body", "answer_body", "logs", "request_headers", "answer_headers", "exceptions", "awaits")
"""What a record can do without, the dearest first."""


def new_store() -> int:
    """Return the descriptor of an empty store; not inherited unless passed on."""
    descriptor = anonymous_file("tcli-requests")
    os.ftruncate(descriptor, _HEAD.size + KEPT * SLOT)
    os.pwrite(descriptor, _HEAD.pack(1, 0), 0)
    return descriptor


class RequestStore:
    """Records are mappings that JSON can say; each has a number of its own, and no other process's is ever taken."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def add(self, record: Mapping[str, Any]) -> int:
        """Keep a record in place of the oldest; return its number."""
        with self._locked():
            number, changes = self._head()
            self._write(number, record)
            self._set_head(number + 1, changes + 1)
        return number

    def replace(self, number: int, record: Mapping[str, Any]) -> None:
        """Keep a record in place of the one of that number, if that is still there."""
        with self._locked():
            if self._number_in(number % KEPT) == number:
                self._write(number, record)
                following, changes = self._head()
                self._set_head(following, changes + 1)

    def changes(self) -> int:
        """Return a number that is another one after each change."""
        return self._head()[1]

    def newest_first(self) -> list[dict[str, Any]]:
        """Return all that are kept, each with its `number`."""
        with self._locked():
            following, _ = self._head()
            numbers = range(following - 1, max(0, following - 1 - KEPT), -1)
            return [record for number in numbers if (record := self._read(number)) is not None]

    def get(self, number: int) -> dict[str, Any] | None:
        """Return one, or None when it is not kept any more."""
        with self._locked():
            return self._read(number)

    def _head(self) -> tuple[int, int]:
        following, changes = _HEAD.unpack(os.pread(self._descriptor, _HEAD.size, 0))
        return following, changes

    def _set_head(self, following: int, changes: int) -> None:
        os.pwrite(self._descriptor, _HEAD.pack(following, changes), 0)

    def _write(self, number: int, record: Mapping[str, Any]) -> None:
        content = _fitting(record)
        os.pwrite(self._descriptor, _SLOT_HEAD.pack(number, len(content)) + content, _place(number % KEPT))

    def _number_in(self, slot: int) -> int:
        number, _ = _SLOT_HEAD.unpack(os.pread(self._descriptor, _SLOT_HEAD.size, _place(slot)))
        return int(number)

    def _read(self, number: int) -> dict[str, Any] | None:
        place = _place(number % KEPT)
        found, size = _SLOT_HEAD.unpack(os.pread(self._descriptor, _SLOT_HEAD.size, place))
        if found != number or number == 0:
            return None
        content = os.pread(self._descriptor, size, place + _SLOT_HEAD.size)
        return {**json.loads(content.decode("utf-8", "surrogatepass")), "number": number}

    @contextmanager
    def _locked(self) -> Iterator[None]:
        # Of POSIX's kind: each process has its own, though all have the same open file.
        fcntl.lockf(self._descriptor, fcntl.LOCK_EX, _HEAD.size)
        try:
            yield
        finally:
            fcntl.lockf(self._descriptor, fcntl.LOCK_UN, _HEAD.size)


def _place(slot: int) -> int:
    return _HEAD.size + slot * SLOT


def _fitting(record: Mapping[str, Any]) -> bytes:
    """Return a record as it is written, if need be without what is largest."""
    content = _bytes_of(record)
    for name in _BULKY:
        if len(content) <= SLOT - _SLOT_HEAD.size:
            break
        record = {key: value for key, value in record.items() if key != name} | {"is_cut": True}
        content = _bytes_of(record)
    return content


def _bytes_of(record: Mapping[str, Any]) -> bytes:
    # Half characters (surrogates) come in paths and header values.
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
