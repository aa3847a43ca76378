"""An answer before the application sees the request; mostly a refusal: a status, and one line that says why."""

import http
from collections.abc import Awaitable, Mapping
from typing import Any

from tornado import httputil


class ReadyAnswer(httputil.HTTPMessageDelegate):
    """Answers a request in the application's stead.

    One with a body is answered at once, and its connection ends with the answer: else the body would have to be read.
    """

    def __init__(self, connection: Any, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self._connection = connection
        self._status = status
        self._body = body
        self._headers = headers or {}
        self._is_answered = False
        self._sends_body = True

    def headers_received(
        self, start_line: httputil.RequestStartLine | httputil.ResponseStartLine, headers: httputil.HTTPHeaders
    ) -> Awaitable[None] | None:
        assert isinstance(start_line, httputil.RequestStartLine)
        self._sends_body = start_line.method != "HEAD"
        if "Transfer-Encoding" in headers or headers.get("Content-Length", "0") != "0":
            self._answer()
        return None

    def finish(self) -> None:
        if not self._is_answered:
            self._answer()

    def _answer(self) -> None:
        self._is_answered = True
        headers = httputil.HTTPHeaders(
            {
                "Content-Type": "text/plain; charset=utf-8",
                "Content-Length": str(len(self._body)),
                "X-Content-Type-Options": "nosniff",
                **self._headers,
            }
        )
        start_line = httputil.ResponseStartLine("", self._status, http.HTTPStatus(self._status).phrase)
        self._connection.write_headers(start_line, headers, self._body if self._sends_body else None)
        self._connection.finish()


class Refusal(ReadyAnswer):
    """Answers with one line, for people."""

    def __init__(self, connection: Any, status: int, text: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(connection, status, f"{text}\n".encode(), headers)
