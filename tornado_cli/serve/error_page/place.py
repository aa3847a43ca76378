"""What a start that takes long is at: asked for when somebody looks, by the process that stands in for it."""

import asyncio
import os

from tornado_cli.events import PlaceWanted
from tornado_cli.system.channel import Channel
from tornado_cli.system.memory_files import read_file
from tornado_cli.system.stacks import stack_in

_PATIENCE = 0.3
"""Seconds to wait for it; a process that is stopped never writes it."""
_LOOK = 0.01


async def place_of_start(channel: Channel, file: int) -> list[tuple[str, int, str]]:
    """Return files, lines and functions, the innermost first; none where it cannot be had."""
    # All processes share this one file, and the position in it.
    os.ftruncate(file, 0)
    os.lseek(file, 0, os.SEEK_SET)
    channel.send(PlaceWanted(pid=os.getpid()))
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _PATIENCE
    dump = b""
    while loop.time() < deadline:
        await asyncio.sleep(_LOOK)
        before, dump = dump, read_file(file)
        if dump and dump == before:
            break
    return stack_in(dump.decode(errors="replace"))
