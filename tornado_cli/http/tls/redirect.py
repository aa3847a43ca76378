"""What plain HTTP gets where `--redirect-http` listens: the same address by HTTPS, and nothing else."""

from http import HTTPStatus
from typing import Any

from tornado import httputil

from tornado_cli.http.hosts.patterns import host_of
from tornado_cli.http.refusals.answers import Refusal
from tornado_cli.system.addresses import url_of


class HttpsRedirect(httputil.HTTPServerConnectionDelegate):
    """Serves connections whose requests are all sent on, to the port that speaks HTTPS."""

    def __init__(self, port: int) -> None:
        self._port = port

    def start_request(self, server_conn: object, request_conn: Any) -> httputil.HTTPMessageDelegate:  # noqa: ARG002 - Tornado's name.
        return _Redirecting(request_conn, self._port)


class _Redirecting(httputil.HTTPMessageDelegate):
    """One request: where it is sent is known when its headers are."""

    def __init__(self, connection: Any, port: int) -> None:
        self._connection = connection
        self._port = port
        self._answer: Refusal | None = None

    def headers_received(
        self, start_line: httputil.RequestStartLine | httputil.ResponseStartLine, headers: httputil.HTTPHeaders
    ) -> None:
        assert isinstance(start_line, httputil.RequestStartLine)
        url = https_url(headers.get("Host", ""), self._port, start_line.path)
        if url is None:
            self._answer = Refusal(self._connection, HTTPStatus.BAD_REQUEST, "A request needs a host and a path here.")
        else:
            # 308: a form that was sent here is sent once more, there.
            status = HTTPStatus.PERMANENT_REDIRECT
            self._answer = Refusal(self._connection, status, f"It is at {url}", {"Location": url})
        self._answer.headers_received(start_line, headers)

    def finish(self) -> None:
        if self._answer is not None:
            self._answer.finish()


def https_url(host: str, port: int, target: str) -> str | None:
    """Return the URL of what was asked for, by the host it was asked of; None where host or path are missing."""
    name = host_of(host)
    if name is None or not target.startswith("/"):
        return None
    return url_of("https", name, port) + target
