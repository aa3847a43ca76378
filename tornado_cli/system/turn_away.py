"""Keeping new clients from a listener that is about to go, so that none comes between the last accept and the close."""

import ctypes
import socket
import struct
import sys
from contextlib import suppress
from typing import Final

# linux/filter.h: a program of classic BPF that is shown each packet from its TCP header on.
_SO_ATTACH_FILTER: Final = 26
_INSTRUCTION: Final = struct.Struct("HBBI")
_PROGRAM: Final = struct.Struct("HP")
_NO_SYN: Final = (
    (0x30, 0, 0, 13),  # load the byte of flags
    (0x45, 0, 1, 0x02),  # go on if it has SYN, else skip one
    (0x06, 0, 0, 0),  # drop the packet
    (0x06, 0, 0, 0xFFFFFFFF),  # take the packet
)


def turn_away(listener: socket.socket) -> None:
    """Drop the first packet of each new connection, in all processes that share the listener.

    Whoever sends one tries again after a second, and is refused when the listener has been closed by then. Handshakes
    that have begun go on. Where the system cannot do it, those few who come in that moment find their connection reset.
    """
    if sys.platform != "linux" or listener.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    code = ctypes.create_string_buffer(b"".join(_INSTRUCTION.pack(*one) for one in _NO_SYN))
    program = _PROGRAM.pack(len(_NO_SYN), ctypes.addressof(code))
    with suppress(OSError):
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
