"""A TLS server in a thread, as good or as bad as its context: what scanners and clients of ours find."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from support.certificates import Made, key_pem


@contextmanager
def tls_server(context: ssl.SSLContext) -> Iterator[int]:
    """Shake hands with everybody, and close; give the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, context), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        # Wakes it; a closed listener does not.
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def context_of(folder: Path, chain: Sequence[Made]) -> ssl.SSLContext:
    """Return a context of Python's own taste that sends these certificates."""
    file = folder / "served.pem"
    file.write_bytes(b"".join(one.certificate_pem for one in chain) + key_pem(chain[0].key))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def _serve(listener: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return
        with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as connection:
            connection.recv(1)
