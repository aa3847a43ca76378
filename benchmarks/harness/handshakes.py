"""A steady stream of TLS handshakes, each with one request: which certificate it met, or how it failed."""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from harness.client import HOST, TIMEOUT, Exchange, Outcome

PAUSE = 0.01
"""Seconds between two handshakes of a client."""
_REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Meeting:
    """One connection from its beginning to its end; who answered is `exchange.named`."""

    exchange: Exchange
    certificate: bytes
    """DER; empty when the handshake failed."""


class Handshakes:
    """Connect, shake hands, ask and leave, from several threads, inside the block; then read `meetings`."""

    def __init__(self, port: int, clients: int = 4) -> None:
        self.meetings: list[Meeting] = []
        self._port = port
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._context.check_hostname = False
        self._context.verify_mode = ssl.CERT_NONE
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(clients)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_until(self, enough: Callable[[], bool], deadline: float) -> bool:
        """Wait, looking after each meeting; say whether it has become so within so many seconds."""
        with self._changed:
            return self._changed.wait_for(enough, deadline)

    def _run(self) -> None:
        while not self._stop.wait(PAUSE):
            meeting = self._meet()
            with self._changed:
                self.meetings.append(meeting)
                self._changed.notify_all()

    def _meet(self) -> Meeting:
        began, port, certificate, note, worker = time.monotonic(), 0, b"", "", 0
        try:
            with socket.create_connection((HOST, self._port), TIMEOUT) as plain:
                port = plain.getsockname()[1]
                # Tornado closes without a word of TLS's own; that the answer is whole is seen from its length.
                with self._context.wrap_socket(plain) as connection:
                    certificate = connection.getpeercert(binary_form=True) or b""
                    connection.sendall(_REQUEST)
                    worker = _named_in(_read_all(connection))
            outcome = Outcome.OK if worker else Outcome.WRONG
        except ConnectionRefusedError:
            outcome = Outcome.REFUSED
        except TimeoutError:
            outcome = Outcome.TIMEOUT
        except ssl.SSLEOFError as error:
            outcome, note = Outcome.EMPTY, str(error)
        except OSError as error:
            outcome, note = Outcome.RESET, repr(error)
        exchange = Exchange(
            outcome=outcome,
            connected_at=began,
            began_at=began,
            ended_at=time.monotonic(),
            idle=0.0,
            client_port=port,
            named=worker,
            note=note,
        )
        return Meeting(exchange, certificate)


def _read_all(connection: ssl.SSLSocket) -> bytes:
    parts: list[bytes] = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def _named_in(answer: bytes) -> int:
    """Return the pid that a good and whole answer is, else 0."""
    head, _, body = answer.partition(b"\r\n\r\n")
    is_whole = f"content-length: {len(body)}\r\n".encode() in head.lower() + b"\r\n"
    return int(body) if head.startswith(b"HTTP/1.1 200 ") and is_whole and body.isdigit() else 0
