"""The memory that forks of one process write to, for the next of them to own before it is needed.

What a fork shares is copied page by page when it is first written to, even if only a reference is counted there: some
six microseconds each in a virtual machine, for a thousand pages. Forks of one process have all of it at the same
addresses, so the first that has worked for a while can say what the others will write to.
"""

import array
import mmap
from collections.abc import Iterable, Iterator
from pathlib import Path

_POPULATE_WRITE = 23
"""MADV_POPULATE_WRITE of madvise(2), since Linux 5.14: own these pages now, with what is in them."""
_PRESENT = 1 << 63
_EXCLUSIVE = 1 << 56
"""Bits of a page in /proc/PID/pagemap (Documentation/admin-guide/mm/pagemap.rst)."""
_MOST_RUNS = 8191
_WORD = 8

Run = tuple[int, int]
"""Pages in a row: the address of the first, and their length in bytes."""


class Footprint:
    """Made before the forks, and shared with them."""

    def __init__(self) -> None:
        self._words = memoryview(mmap.mmap(-1, (1 + 2 * _MOST_RUNS) * _WORD)).cast("Q")

    def note(self) -> None:
        """Note what this process has written to, unless another has done so before."""
        if self._words[0]:
            return
        runs = list(_owned())[:_MOST_RUNS]
        words = array.array("Q", [word for run in runs for word in run])
        self._words[1 : 1 + len(words)] = memoryview(words)
        # At last: who reads this number finds them all.
        self._words[0] = len(runs)

    def own(self) -> None:
        """Own what has been noted; nothing where the kernel cannot do that."""
        count = self._words[0]
        if not count:
            return
        # The first process of all needs it not.
        import ctypes

        advise = ctypes.CDLL(None).madvise
        words = self._words[1 : 1 + 2 * count]
        for address, length in zip(words[::2], words[1::2], strict=True):
            # What is not mapped here is left out by the kernel, with an error that matters to nobody.
            advise(ctypes.c_void_p(address), ctypes.c_size_t(length), _POPULATE_WRITE)


def _owned() -> Iterator[Run]:
    """Yield what this process does not share with others, as far as it was there at the fork or could have been."""
    try:
        maps = Path("/proc/self/maps").read_text()
        with Path("/proc/self/pagemap").open("rb", buffering=0) as pagemap:
            for start, end in writable(maps):
                pagemap.seek(start // mmap.PAGESIZE * _WORD)
                entries = array.array("Q", pagemap.read((end - start) // mmap.PAGESIZE * _WORD))
                yield from runs_in(start, entries)
    except OSError:
        return


def writable(maps: str) -> Iterator[tuple[int, int]]:
    """Yield where private memory begins and ends that can be written to, by the text of /proc/PID/maps."""
    for line in maps.splitlines():
        addresses, rights, _ = line.split(None, 2)
        if rights == "rw-p":
            start, _, end = addresses.partition("-")
            yield int(start, 16), int(end, 16)


def runs_in(start: int, entries: Iterable[int]) -> Iterator[Run]:
    """Yield the pages that are there and exclusively ours, given those of a region that begins at `start`."""
    wanted = _PRESENT | _EXCLUSIVE
    first, end = 0, 0
    for number, entry in enumerate(entries):
        if entry & wanted != wanted:
            continue
        if number != end:
            if end:
                yield start + first * mmap.PAGESIZE, (end - first) * mmap.PAGESIZE
            first = number
        end = number + 1
    if end:
        yield start + first * mmap.PAGESIZE, (end - first) * mmap.PAGESIZE
