"""An answer before the application sees the request; mostly a refusal: a status, and one line that says why."""

import http
from collections.abc import Awaitable, Mapping
from typing import Any

from tornado import httputil


class ReadyAnswer(httputil.HTTPMessageDelegate):
    """Answers a request in the application's stead.

    One with a body is answered at once, and its connection ends with the answer: else the body would have to be read.
    """

    def __init__(
        self,
        connection: Any,
        status: int,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        *,
        sends_body: bool = True,
    ) -> None:
        self._connection = connection
        self._status = status
        self._body = body
        self._headers = headers or {}
        self._is_answered = False
        self._sends_body = sends_body

    def headers_received(
        self, start_line: httputil.RequestStartLine | httputil.ResponseStartLine, headers: httputil.HTTPHeaders
    ) -> Awaitable[None] | None:
        assert isinstance(start_line, httputil.RequestStartLine)
        self._sends_body = start_line.method != "HEAD"
        if "Transfer-Encoding" in headers or headers.get("Content-Length", "0") != "0":
            self.answer()
        return None

    def finish(self) -> None:
        if not self._is_answered:
            self._answer({})

    def answer(self) -> None:
        """Answer now, before all of the request has come; the connection ends."""
        self._answer({"Connection": "close"})

    def _answer(self, fields: Mapping[str, str]) -> None:
        self._is_answered = True
        headers = httputil.HTTPHeaders({**_fields(self._body), **self._headers, **fields})
        start_line = httputil.ResponseStartLine("", self._status, http.HTTPStatus(self._status).phrase)
        self._connection.write_headers(start_line, headers, self._body if self._sends_body else None)
        self._connection.finish()


class Refusal(ReadyAnswer):
    """Answers with one line, for people; without it where `sends_body` is false."""

    def __init__(
        self,
        connection: Any,
        status: int,
        text: str,
        headers: Mapping[str, str] | None = None,
        *,
        sends_body: bool = True,
    ) -> None:
        super().__init__(connection, status, f"{text}\n".encode(), headers, sends_body=sends_body)


def last_answer(status: int, text: str) -> bytes:
    """Return a whole answer, for a connection on which Tornado has understood no request; it has to end with it."""
    body = f"{text}\n".encode()
    lines = [f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}"]
    lines += [f"{name}: {value}" for name, value in {**_fields(body), "Connection": "close"}.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def _fields(body: bytes) -> dict[str, str]:
    return {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(body)),
        "X-Content-Type-Options": "nosniff",
    }
