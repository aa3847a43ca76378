"""The first bytes on a TLS port: a handshake, or plain HTTP, which is answered and turned away."""

import contextlib
import errno
import re
import socket
import ssl
from enum import Enum, auto
from typing import Any, Final

from tornado_cli.http.refusals.kinds import Kind
from tornado_cli.http.refusals.refused import Refused
from tornado_cli.http.tls.plain_http import answer_to, https_url

_PEEKED: Final = 4096
"""Bytes of a plain request that are looked at: its first line and its Host are among them."""
_DISCARDED: Final = 1024 * 1024
"""Bytes of it that are read after the answer: unread ones would reset the connection before the answer is read."""
_REQUEST: Final = re.compile(rb"[A-Z]{3,20}[ \r\n]")
"""How plain HTTP begins. TLS begins with a byte 22."""
_ORDINARY: Final = (ssl.SSLWantReadError, ssl.SSLWantWriteError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
"""What is no failure, or one that Tornado says nothing of."""


class _Phase(Enum):
    SILENT = auto()
    """Nothing has come."""
    SHAKING = auto()
    DONE = auto()
    TURNED_AWAY = auto()
    """Answered in plain HTTP; what still comes is dropped."""


class TlsSocket(ssl.SSLSocket):
    """The server's end on a TLS port. That no handshake comes of a connection is told here, and rarely, not by Tornado.

    It peeks in place of a first attempt that would find nothing, so that a connection costs next to nothing more.
    """

    _refused: Refused
    _client = ""
    """Its address: when a handshake has failed, there may be nobody to ask any more."""
    _phase = _Phase.SILENT
    _left = _DISCARDED

    @property
    def is_shaking(self) -> bool:
        """Whether a handshake has begun that is not over."""
        return self._phase is _Phase.SHAKING

    def do_handshake(self, block: bool = False) -> None:
        """Be called when something may have come; raises what Tornado waits or closes quietly for."""
        if self._phase is _Phase.SILENT:
            self._look()
        if self._phase is _Phase.TURNED_AWAY:
            self._discard()
        try:
            super().do_handshake(block)
            self._phase = _Phase.DONE
        except _ORDINARY:
            raise
        except ssl.SSLError as error:
            raise self._failed(error) from None

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        """Read what has been decrypted. In TLS 1.3 a client that refuses our certificate says so only here."""
        try:
            return super().recv_into(buffer, nbytes, flags)
        except _ORDINARY:
            raise
        except ssl.SSLError as error:
            raise self._failed(error) from None

    def _failed(self, error: ssl.SSLError) -> ConnectionResetError:
        """Tell of it, and return what Tornado takes for the end of a connection and nothing more."""
        reason = (error.reason or str(error)).replace("_", " ").lower()
        self._refused.note(Kind.HANDSHAKE_FAILED, self._client, reason)
        return ConnectionResetError(errno.ECONNRESET, reason)

    def _look(self) -> None:
        try:
            self._client = str(self.getpeername()[0])
            # Not SSLSocket's own, which reads what has been decrypted.
            head = socket.socket.recv(self, _PEEKED, socket.MSG_PEEK)
        except BlockingIOError:
            raise ssl.SSLWantReadError(ssl.SSL_ERROR_WANT_READ, "nothing has come yet") from None
        self._phase = _Phase.TURNED_AWAY if _REQUEST.match(head) else _Phase.SHAKING
        if self._phase is _Phase.TURNED_AWAY:
            self._turn_away(head)

    def _turn_away(self, head: bytes) -> None:
        with contextlib.suppress(OSError):
            host, port = self.getsockname()[:2]
            url = https_url(head, host, port)
            self._refused.note(Kind.PLAIN_HTTP, self._client, url)
            socket.socket.send(self, answer_to(head, url))
            # Not SSLSocket's own, which gives up the TLS layer under Tornado's hands.
            socket.socket.shutdown(self, socket.SHUT_WR)

    def _discard(self) -> None:
        """Read what the client still sends, until it ends its side or has sent too much."""
        while self._left > 0:
            try:
                count = len(socket.socket.recv(self, 65536))
            except BlockingIOError:
                raise ssl.SSLWantReadError(ssl.SSL_ERROR_WANT_READ, "the client has not gone yet") from None
            self._left -= count or self._left
        raise ConnectionResetError(errno.ECONNRESET, "answered in plain HTTP")
