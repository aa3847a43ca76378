"""The DevTools protocol of Chromium over one socket: commands go down, answers and events come up."""

import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

DEADLINE = 60.0
"""Seconds; only broken code comes near it."""

Facts = dict[str, Any]
Listener = Callable[[str, Facts], None]


class RefusedError(Exception):
    """The browser cannot do what it was told to."""


class DevTools:
    """One connection for all pages: each has a session, by whose id its commands and events are told apart."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.changed = threading.Condition()
        """Notified after each message; listeners are called while it is held."""
        self._last = 0
        self._answers: dict[int, Facts] = {}
        self._listeners: dict[str, Listener] = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def call(self, method: str, session: str = "", **parameters: object) -> Facts:
        """Return what the browser answers."""
        with self.changed:
            self._last += 1
            number = self._last
            command = {"id": number, "method": method, "params": parameters}
            self._connection.sendall(json.dumps(command | ({"sessionId": session} if session else {})).encode() + b"\0")
        self.wait_until(lambda: number in self._answers, method)
        answer = self._answers.pop(number)
        if "error" in answer:
            raise RefusedError(f"{method}: {answer['error']['message']}")
        result: Facts = answer["result"]
        return result

    def listen(self, session: str, listener: Listener) -> None:
        with self.changed:
            self._listeners[session] = listener

    def wait_until(self, has_happened: Callable[[], bool], what: str) -> None:
        """Wait for what a message brings about."""
        deadline = time.monotonic() + DEADLINE
        with self.changed:
            while not has_happened():
                assert self._reader.is_alive(), f"{what}: the browser has gone"
                assert self.changed.wait(deadline - time.monotonic()), f"{what}: nothing for {DEADLINE} s"

    def _read(self) -> None:
        rest = b""
        while received := self._connection.recv(2**20):
            *messages, rest = (rest + received).split(b"\0")
            with self.changed:
                for message in messages:
                    self._take(json.loads(message))
                self.changed.notify_all()
        with self.changed:
            self.changed.notify_all()

    def _take(self, message: Facts) -> None:
        if "id" in message:
            self._answers[message["id"]] = message
        elif listener := self._listeners.get(message.get("sessionId", "")):
            listener(message["method"], message["params"])

    def join(self) -> None:
        self._reader.join(DEADLINE)
