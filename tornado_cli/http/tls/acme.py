"""Files by which an authority sees that a name is ours (RFC 8555, 8.3), out of the folder that its client writes to."""

import os
import re
import stat
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path

from tornado import httputil

from tornado_cli.errors import UsageError
from tornado_cli.http.exchange import Exchange
from tornado_cli.http.refusals.answers import ReadyAnswer, Refusal

PREFIX = "/.well-known/acme-challenge/"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,255}")
"""RFC 8555, 8.3: base64url. So no name leads out of the folder."""
_LARGEST = 4096
"""Bytes; an answer to a challenge has a hundred."""


class AcmeWebroot:
    """Answers for what is below `PREFIX`, as a front; what else is asked goes on to the application."""

    def __init__(self, folder: Path) -> None:
        """Raise UsageError for a folder that is none. A relative one begins at the working directory of now."""
        self._folder = folder.absolute()
        if not self._folder.is_dir():
            raise UsageError(
                f"--acme-webroot {folder} is no folder.",
                hint=f"It is what the ACME client is given as its webroot: mkdir -p {folder}",
            )

    def __call__(
        self,
        exchange: Exchange,
        start_line: httputil.RequestStartLine,
        headers: httputil.HTTPHeaders,  # noqa: ARG002 - the protocol's name.
    ) -> httputil.HTTPMessageDelegate | None:
        if not start_line.path.startswith(PREFIX):
            return None
        if start_line.method not in {"GET", "HEAD"}:
            allowed = {"Allow": "GET, HEAD"}
            return Refusal(exchange.connection, HTTPStatus.METHOD_NOT_ALLOWED, "Challenges are only read.", allowed)
        content = challenge(self._folder, start_line.path.removeprefix(PREFIX).partition("?")[0])
        if content is None:
            return Refusal(exchange.connection, HTTPStatus.NOT_FOUND, "There is no such challenge.")
        return ReadyAnswer(exchange.connection, HTTPStatus.OK, content, {"Cache-Control": "no-store"})


def challenge(folder: Path, token: str) -> bytes | None:
    """Return the content of a challenge's file. Nothing below the folder may be a link: it could lead anywhere."""
    if _TOKEN.fullmatch(token) is None:
        return None
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with ExitStack() as opened:
        try:
            place = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
            opened.callback(os.close, place)
            for name in (*PREFIX.strip("/").split("/"), token):
                place = os.open(name, flags, dir_fd=place)
                opened.callback(os.close, place)
            if not stat.S_ISREG(os.fstat(place).st_mode):
                return None
            return os.read(place, _LARGEST)
        except OSError:
            return None
