"""Words of 64 bits in memory that several processes map: read and written whole, never torn."""

import mmap
import os

from tornado_cli.system.memory_files import anonymous_file

_WORD = 8


class SharedWords:
    """An array of unsigned 64-bit words.

    An aligned word is stored and loaded by one instruction, so a reader sees the old or the new value and nothing
    between. There is no read-modify-write: each word has one writer.
    """

    def __init__(self, descriptor: int, count: int) -> None:
        self.descriptor = descriptor
        self._map = mmap.mmap(descriptor, count * _WORD)
        self._words = memoryview(self._map).cast("Q")

    @classmethod
    def create(cls, name: str, count: int) -> "SharedWords":
        """Make `count` words, all zero. The descriptor is not inherited unless passed on."""
        descriptor = anonymous_file(name)
        os.ftruncate(descriptor, count * _WORD)
        return cls(descriptor, count)

    def __len__(self) -> int:
        return len(self._words)

    def __getitem__(self, index: int) -> int:
        return self._words[index]

    def __setitem__(self, index: int, value: int) -> None:
        self._words[index] = value

    def slice(self, start: int, count: int) -> memoryview:
        """Return a view of some of the words, for a writer that owns them."""
        return self._words[start : start + count]

    def close(self) -> None:
        os.close(self.descriptor)
