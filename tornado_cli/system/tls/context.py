"""The context of a serving process, built from a descriptor."""

import os
import ssl
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

# Mozilla's "intermediate" guideline, version 6.0. The suites of TLS 1.3 need no naming: OpenSSL's are the same.
CIPHERS: Final = ":".join(
    f"ECDHE-{signature}-{cipher}"
    for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")
    for signature in ("ECDSA", "RSA")
)


def server_context(descriptor: int) -> ssl.SSLContext:
    """Build a context from `Credentials.open_descriptor`; the descriptor stays open."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.set_alpn_protocols(["http/1.1"])
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    # All six suites are strong, so the client chooses: a telephone without AES in hardware prefers ChaCha20.
    context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    with _path_of(descriptor) as path:
        # The key is not encrypted; if it ever were, an empty password fails where none at all would prompt.
        context.load_cert_chain(path, password="")
    return context


def nameless_file(data: bytes) -> int:
    """Open a file that has no name and holds data; where the system can, nobody can change it any more."""
    descriptor = _sealed_memory(data)
    if descriptor is not None:
        return descriptor
    descriptor, path = tempfile.mkstemp(prefix="tcli-tls-")
    Path(path).unlink()
    os.write(descriptor, data)
    return descriptor


def _sealed_memory(data: bytes) -> int | None:
    if sys.platform != "linux":
        return None
    from fcntl import F_ADD_SEALS, F_SEAL_GROW, F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_WRITE, fcntl

    with suppress(OSError):  # A kernel or a sandbox may not have it.
        descriptor = os.memfd_create("tcli-tls", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.write(descriptor, data)
        fcntl(descriptor, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
        return descriptor
    return None


@contextmanager
def _path_of(descriptor: int) -> Iterator[str]:
    """Give what a descriptor holds a path: OpenSSL reads nothing else, and reads it twice."""
    path = f"/proc/self/fd/{descriptor}"
    if os.access(path, os.R_OK):
        yield path
        return
    # The opened file may be another user's, and on other systems an open of /dev/fd/N is a dup: its second
    # reading would begin where the first one ended.
    with tempfile.NamedTemporaryFile(prefix="tcli-tls-") as copy:
        copy.write(os.pread(descriptor, os.fstat(descriptor).st_size, 0))
        copy.flush()
        yield copy.name
