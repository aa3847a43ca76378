"""From a saved file to the first answer that shows it, as one client sees it that asks again and again."""

import socket
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from harness.client import HOST

PAUSE = 0.002
"""Seconds between an answer and the next question: how much too late a change may be seen."""
_PATIENCE = 1.0
"""Seconds after which a question is given up and counted."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What it took until the change was seen."""

    seconds: float
    """From `since` until the answer had come whole; infinite when it never came."""
    stale: int
    """Answers that did not show it."""
    refused: int
    failed: int
    """Resets, connections closed without an answer, and questions that were given up."""


def ask(port: int, path: str = "/") -> Answer:
    """Ask on a new connection; raises OSError or ValueError when there is no whole answer."""
    with closing(socket.socket()) as client:
        client.settimeout(_PATIENCE)
        client.connect((HOST, port))
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nConnection: close\r\n\r\n".encode())
        received = b""
        while part := client.recv(65536):
            received += part
    head, _, body = received.partition(b"\r\n\r\n")
    return Answer(int(head.split(b" ", 2)[1]), body.decode().strip())


def wait_for_answer(port: int, is_it: Callable[[Answer], bool], since: float, limit: float) -> Seen:
    """Ask until the answer is the one, or for `limit` seconds since then."""
    stale = refused = failed = 0
    while True:
        try:
            answer = ask(port)
        except ConnectionRefusedError:
            refused += 1
        except (OSError, ValueError, IndexError):
            failed += 1
        else:
            if is_it(answer):
                return Seen(seconds=time.monotonic() - since, stale=stale, refused=refused, failed=failed)
            stale += 1
        if time.monotonic() - since > limit:
            return Seen(seconds=float("inf"), stale=stale, refused=refused, failed=failed)
        time.sleep(PAUSE)


def shows(text: str) -> Callable[[Answer], bool]:
    return lambda answer: answer == Answer(200, text)


def is_failure(answer: Answer) -> bool:
    """Say whether it is a page that tells of broken code."""
    return answer.status == 500  # noqa: PLR2004 - a status of HTTP.
