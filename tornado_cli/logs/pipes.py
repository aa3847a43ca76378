"""What an application prints: bytes of a pipe, made into lines."""

import os
import re
import time

from tornado_cli.terminal import visible

LINE_LIMIT = 64 * 1024
PARTIAL_SECONDS = 0.2
"""A prompt, a progress bar: shown although its line has no end yet."""

_COLOUR = re.compile(r"\x1b\[[0-9;:]*m")


class Pipe:
    """The reading end of a process's stdout or stderr; complete lines come out."""

    def __init__(self, fd: int, source: str, level: int, logger: str) -> None:
        self.fd = fd
        self.source = source
        self.level = level
        self.logger = logger
        self.is_open = True
        self._partial = b""
        self._since = 0.0
        os.set_blocking(fd, False)

    def read(self) -> list[str]:
        """Lines that are complete after one read; at the end of the pipe also one that is not."""
        try:
            data = os.read(self.fd, LINE_LIMIT)
        except BlockingIOError:
            return []
        if not data:
            self.close()
            return self.rest()
        if not self._partial:
            self._since = time.monotonic()
        *lines, self._partial = (self._partial + data).split(b"\n")
        return [shown(line) for line in lines] + (self.rest() if len(self._partial) >= LINE_LIMIT else [])

    def rest(self) -> list[str]:
        """The line that has no end yet."""
        partial, self._partial = self._partial, b""
        return [shown(partial)] if partial else []

    def close(self) -> None:
        if self.is_open:
            self.is_open = False
            os.close(self.fd)

    def time_left(self, now: float) -> float | None:
        """Seconds until the unfinished line is shown as it is."""
        return max(0.0, self._since + PARTIAL_SECONDS - now) if self._partial else None


def shown(line: bytes) -> str:
    """Text of a printed line: its colours are dropped, every other control is shown, bytes that are no UTF-8 too."""
    return visible(_COLOUR.sub("", line.decode("utf-8", "backslashreplace").removesuffix("\r")))
