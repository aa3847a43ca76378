"""One HTTP connection, close to the wire: halves of requests, bytes as they come."""

import contextlib
import http.client
import json
import select
import socket
import ssl
import struct
from contextlib import ExitStack
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from support.handshakes import client_context

TIMEOUT = 20.0


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str] = field(repr=False)
    """Names in lower case."""
    body: bytes
    cookies: tuple[str, ...] = ()
    """Each as it was set."""

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Connection:
    """A client's end, on loopback (at the address `source`) or, with a path in place of a port, at a Unix socket.

    Over TLS it asks for the server's name, and trusts anybody, or whom its context trusts.
    """

    def __init__(
        self,
        port: int | Path,
        *,
        tls: bool | ssl.SSLContext = False,
        host: str = "127.0.0.1",
        source: str = "",
        name: str | None = "localhost",
    ) -> None:
        if isinstance(port, Path):
            plain = _connected(port)
        else:
            plain = socket.create_connection((host, port), TIMEOUT, (source, 0) if source else None)
        self._socket: socket.socket = plain
        if tls:
            try:
                context = tls if isinstance(tls, ssl.SSLContext) else client_context()
                self._socket = context.wrap_socket(plain, suppress_ragged_eofs=False, server_hostname=name)
            except BaseException:
                plain.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def close(self) -> None:
        self._socket.close()

    def reset(self) -> None:
        """Close as by an accident: the other end is told that the connection is broken."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    @property
    def tls(self) -> ssl.SSLSocket:
        assert isinstance(self._socket, ssl.SSLSocket)
        return self._socket

    @property
    def certificate(self) -> bytes:
        return self.tls.getpeercert(binary_form=True) or b""

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def trickle(self, data: bytes, *, pause: float) -> None:
        """Send a byte at a time, with so many seconds between two, until the other end has answered or gone."""
        for position in range(len(data)):
            if select.select([self._socket], [], [], pause)[0]:
                return
            self.send(data[position : position + 1])

    def ask(self, path: str = "/", *, method: str = "GET", **headers: str) -> None:
        """Send a request without a body; the connection is kept."""
        named = {"Host": "localhost"} | headers
        lines = [f"{method} {path} HTTP/1.1"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in named.items()]
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))

    def get(self, path: str = "/", **headers: str) -> Answer:
        self.ask(path, **headers)
        return self.answer()

    def answer(self) -> Answer:
        """Read one answer whole; fails when the other end goes before."""
        response = http.client.HTTPResponse(self._socket)
        try:
            response.begin()
            body = response.read()
        finally:
            response.close()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, body, tuple(response.headers.get_all("Set-Cookie", [])))

    def has_answer(self, *, within: float) -> bool:
        """Say whether something comes in so many seconds."""
        return bool(select.select([self._socket], [], [], within)[0])

    def begin_upload(self, path: str, size: int) -> None:
        """Send the head of a request and return when the server has begun with it: it is in flight now."""
        self.ask(path, method="POST", Content_Length=str(size), Expect="100-continue")
        assert b" 100 " in self._read_head()

    def _read_head(self) -> bytes:
        """Read no further: what follows is no body."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.read(1)
        return head

    def open_websocket(self, path: str = "/", **headers: str) -> Answer:
        """Have the connection become a WebSocket; the answer's headers may tell who serves it."""
        self.ask_for_websocket(path, **headers)
        status, _, fields = self._read_head().partition(b"\r\n")
        assert b" 101 " in status
        return Answer(101, {name.lower(): value for name, value in message_from_bytes(fields).items()}, b"")

    def ask_for_websocket(self, path: str = "/", **headers: str) -> None:
        key = "AAAAAAAAAAAAAAAAAAAAAA=="
        upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": "13"}
        self.ask(path, Sec_WebSocket_Key=key, **upgrade, **headers)

    def read_message(self) -> str:
        """Read the next message of a WebSocket: text in one frame."""
        kind, size = self.read(2)
        assert kind == 0x81
        if size == 126:
            size = int.from_bytes(self.read(2), "big")
        return self.read(size).decode()

    def send_message(self, text: str) -> None:
        """Send a message by WebSocket, masked with zeros."""
        data = text.encode()
        assert len(data) < 1 << 16
        size = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2, "big")
        self.send(b"\x81" + size + bytes(4) + data)

    def wait_for_close_frame(self) -> int:
        """Read the frame that closes a WebSocket; return its code: RFC 6455, 5.5.1."""
        kind, size = self.read(2)
        assert kind == 0x88
        return int.from_bytes(self.read(size)[:2], "big")

    def read(self, size: int) -> bytes:
        """Read exactly so many bytes."""
        data = b""
        while len(data) < size:
            part = self._socket.recv(size - len(data))
            assert part, f"closed after {data!r}"
            data += part
        return data

    def wait_for_end(self) -> bytes:
        """Read until the other end closes; return what came."""
        parts: list[bytes] = []
        with contextlib.suppress(ConnectionResetError):
            self._read_into(parts)
        return b"".join(parts)

    def wait_for_clean_end(self) -> bytes:
        """As `wait_for_end`; a reset fails, and so does an end that TLS was not told of."""
        parts: list[bytes] = []
        self._read_into(parts)
        return b"".join(parts)

    def _read_into(self, parts: list[bytes]) -> None:
        while data := self._socket.recv(65536):
            parts.append(data)


def _connected(path: Path) -> socket.socket:
    with ExitStack() as undo:
        plain = undo.enter_context(socket.socket(socket.AF_UNIX))
        plain.settimeout(TIMEOUT)
        plain.connect(str(path))
        undo.pop_all()
    return plain
