"""Files without a name: how a process hands over what is too long for a message."""

import os


def anonymous_file(name: str) -> int:
    """Return the descriptor of an empty file that is gone with its last descriptor; not inherited unless passed on."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create(name, os.MFD_CLOEXEC)
    import tempfile

    with tempfile.TemporaryFile(prefix=f"{name}-") as file:
        return os.dup(file.fileno())


def written_file(name: str, content: bytes) -> int:
    """Return the descriptor of such a file with this content."""
    descriptor = anonymous_file(name)
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(content)
    return descriptor


def read_file(descriptor: int) -> bytes:
    """Return the whole content, wherever the descriptor stands; it stays open."""
    size = os.fstat(descriptor).st_size
    parts: list[bytes] = []
    while size > sum(map(len, parts)):
        part = os.pread(descriptor, size, sum(map(len, parts)))
        if not part:
            break
        parts.append(part)
    return b"".join(parts)
