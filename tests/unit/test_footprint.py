"""What one fork has written to, the next owns before it writes; nothing of it changes."""

import ctypes
import itertools
import mmap
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.forks import told_by

from tornado_cli.system.footprint import runs_in, writable

PAGE = mmap.PAGESIZE
OURS = 1 << 63 | 1 << 56
NOT_OURS = (0, 1 << 63, 1 << 56, 1 << 61)
MAPS = """\
00400000-00452000 r-xp 00000000 08:02 173521 /usr/bin/python3
00651000-00652000 rw-p 00051000 08:02 173521 /usr/bin/python3
00e03000-00e24000 rw-p 00000000 00:00 0 [heap]
7f01a0000000-7f01a0021000 rw-p 00000000 00:00 0
7f01a0021000-7f01a4000000 ---p 00000000 00:00 0
7f01a5000000-7f01a5020000 rw-s 00000000 00:01 2049 /dev/zero (deleted)
7ffd1a000000-7ffd1a021000 rw-p 00000000 00:00 0 [stack]
"""
# Writes to every other page of its own in a first fork, to all of them in a second; says how often both were stopped.
FORKS = """
import json, mmap, resource
from support.forks import forked
from tornado_cli.system.footprint import Footprint

PAGES, PAGE = 400, mmap.PAGESIZE
memory = mmap.mmap(-1, PAGES * PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
memory[:] = bytes(range(256)) * (PAGES * PAGE // 256)
before = bytes(memory)
footprint = Footprint()

def touch(pages):
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for page in pages:
        memory[page * PAGE] = 255
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults

def first():
    faults = touch(range(0, PAGES, 2))
    footprint.note()
    return faults

def second():
    footprint.own()
    is_same = bytes(memory) == before
    return [is_same, touch(range(0, PAGES, 2)), touch(range(1, PAGES, 2))]

print(json.dumps([forked(first), *forked(second)]))
"""


def test_memory_that_forks_copy_when_they_write_is_told_from_all_other() -> None:
    assert list(writable(MAPS)) == [
        (0x651000, 0x652000),
        (0xE03000, 0xE24000),
        (0x7F01A0000000, 0x7F01A0021000),
        (0x7FFD1A000000, 0x7FFD1A021000),
    ]


@given(st.lists(st.booleans()), st.integers(0, 1000), st.randoms())
def test_pages_in_a_row_are_named_once(owned: list[bool], first: int, chance: random.Random) -> None:
    entries = [OURS | chance.getrandbits(50) if is_owned else chance.choice(NOT_OURS) for is_owned in owned]
    runs = list(runs_in(first * PAGE, entries))
    named = [address // PAGE - first + page for address, length in runs for page in range(length // PAGE)]
    assert named == [number for number, is_owned in enumerate(owned) if is_owned]
    assert all(one[0] + one[1] < other[0] for one, other in itertools.pairwise(runs))


def kernel_can() -> bool:
    page = mmap.mmap(-1, PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    address = ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(page)))
    return Path("/proc/self/pagemap").exists() and ctypes.CDLL(None).madvise(address, ctypes.c_size_t(PAGE), 23) == 0


def test_the_next_fork_is_not_stopped_where_the_first_one_wrote() -> None:
    if not kernel_can():
        pytest.skip("the kernel is older than 5.14, or does not say which pages are whose")
    faults_of_first, is_same, faults_where_noted, faults_elsewhere = told_by(FORKS)
    assert is_same
    assert faults_of_first >= 200
    assert faults_where_noted < 20
    assert faults_elsewhere >= 150
