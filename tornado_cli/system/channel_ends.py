"""The two sockets of a channel, made where nothing is imported yet."""

import _socket  # `socket` adds enumerations to it, and their import takes half as long as an interpreter's start.
import sys

# Both keep message boundaries, so a sender that dies half-way leaves no half message behind.
# macOS has no sequenced packets here; there a closed peer is told by ECONNRESET.
KIND = _socket.SOCK_SEQPACKET if sys.platform == "linux" else _socket.SOCK_DGRAM


def connected_ends() -> tuple[int, int]:
    """Return the descriptors of two sockets that are connected; children inherit neither."""
    ours, theirs = _socket.socketpair(_socket.AF_UNIX, KIND)
    return ours.detach(), theirs.detach()
