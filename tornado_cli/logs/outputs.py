"""Where lines end: a stream that may be slow or gone, a file that may be full or moved away."""

import errno
import os
import stat

from tornado_cli.errors import UsageError

PENDING_LIMIT = 1024 * 1024
STREAM_CHUNK = 4096
"""PIPE_BUF: when poll() says that a pipe takes something, it takes this much without making the writer wait."""
FILE_CHUNK = 1024 * 1024
LOG_MODE = 0o640
"""Logs hold addresses and names: for the owner and, as on Debian, a group that may read them."""

_GONE = frozenset({errno.EPIPE, errno.EIO, errno.EBADF, errno.ECONNRESET, errno.ENXIO})


class StreamOutput:
    """A descriptor that is written to when poll() says so; lines wait in memory, up to a limit."""

    def __init__(self, fd: int, name: str = "stdout") -> None:
        self.fd = fd
        self.name = name
        self.lost = 0
        # Closed from the start: the number will soon be some other file's.
        self.is_gone = not is_open(fd)
        self._pending = bytearray()
        self._chunk = FILE_CHUNK if is_regular(fd) else STREAM_CHUNK

    @property
    def trouble(self) -> str:
        return "its reader is gone" if self.is_gone else ""

    @property
    def is_waiting(self) -> bool:
        return bool(self._pending)

    @property
    def is_full(self) -> bool:
        return len(self._pending) >= PENDING_LIMIT

    def put(self, data: bytes) -> None:
        if self.is_gone:
            self.lost += data.count(b"\n")
        else:
            self._pending += data

    def push(self) -> None:
        """Write one chunk."""
        try:
            written = os.write(self.fd, self._pending[: self._chunk])
        except BlockingIOError:
            return
        except OSError as error:
            self.lost += self._pending.count(b"\n")
            self._pending.clear()
            self.is_gone = error.errno in _GONE
            return
        del self._pending[:written]


class FileOutput:
    """A log file that is only ever appended to; opened again by its path when it was moved away."""

    def __init__(self, path: str, option: str) -> None:
        self.name = f"{option} {path}"
        self.lost = 0
        self._write_trouble = ""
        self._path_trouble = ""
        self._path = path
        self._torn = False
        try:
            self._fd = open_log(path)
        except OSError as error:
            raise UsageError(
                f"{self.name} cannot be opened: {error.strerror}.",
                hint=f"Its folder must exist and be writable: mkdir -p {os.path.dirname(path) or '.'}",  # noqa: PTH120 - as it was typed
            ) from error

    @property
    def trouble(self) -> str:
        return self._write_trouble or self._path_trouble

    def put(self, data: bytes) -> None:
        """Append whole lines; what the disk does not take is counted."""
        try:
            if self._torn:
                # Half a line of before must not become the beginning of this one.
                os.write(self._fd, b"\n")
                self._torn = False
            while data:
                written = os.write(self._fd, data[:FILE_CHUNK])
                self._torn = not data[:written].endswith(b"\n")
                data = data[written:]
        except OSError as error:
            self._write_trouble = os.strerror(error.errno or errno.EIO)
            self.lost += data.count(b"\n")
        else:
            self._write_trouble = ""

    def reopen(self) -> None:
        """Follow the path again; the old file stays where the path leads nowhere."""
        try:
            new = open_log(self._path)
        except OSError as error:
            self._path_trouble = f"{os.strerror(error.errno or errno.EIO)}; the old file is written on"
            return
        self._path_trouble = ""
        os.close(self._fd)
        self._fd, self._torn = new, False

    def close(self) -> None:
        os.close(self._fd)


Output = StreamOutput | FileOutput


def open_log(path: str) -> int:
    # O_NONBLOCK: a FIFO without a reader is an error and no endless wait; regular files do not know it.
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK
    return os.open(path, flags, LOG_MODE)


def is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def is_regular(fd: int) -> bool:
    return is_open(fd) and stat.S_ISREG(os.fstat(fd).st_mode)
