"""Listening on a path: what may stand there already, and what is left there at the end."""

import errno
import os
import socket
import stat
import struct
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final, Self

from tornado_cli.records import Record
from tornado_cli.system.addresses import ListenError
from tornado_cli.system.ports import Holder, holder_with

# unix(7): 108 bytes with the zero at the end; 104 on systems that come from BSD.
LONGEST_PATH: Final = 107 if sys.platform == "linux" else 103
_CREDENTIALS: Final = struct.Struct("3i")


class SocketFile(Record):
    """The file of a listener, known again when another process has put its own there."""

    path: Path
    identity: tuple[int, int, int]
    """Not the inode alone, which may be used again; nor its last change, which may be a chmod."""

    @classmethod
    def at(cls, path: Path) -> Self:
        return cls(path, _identity(path))

    def is_there(self) -> bool:
        try:
            return _identity(self.path) == self.identity
        except OSError:
            return False

    def remove(self) -> None:
        """Remove it, unless another file stands there now."""
        if self.is_there():
            with suppress(OSError):
                self.path.unlink()


def open_unix_listener(path: Path, backlog: int) -> tuple[socket.socket, SocketFile]:
    """Listen on a path, with the permissions that the umask leaves; only a socket that nobody serves is replaced.

    Raises ListenError for whatever stands in the way.
    """
    if len(os.fsencode(path)) > LONGEST_PATH:
        message = f"The path of a Unix socket has at most {LONGEST_PATH} bytes; {path} has {len(os.fsencode(path))}."
        raise ListenError(message, hint="Choose a shorter one: --bind unix:/run/app.sock")
    _make_room(path)
    with ExitStack() as undo:
        listener = undo.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        listener.setblocking(False)
        try:
            listener.bind(str(path))
            listener.listen(backlog)
            file = SocketFile.at(path)
        except OSError as error:
            raise _explained(error, path) from None
        undo.pop_all()
    return listener, file


def _make_room(path: Path) -> None:
    """Remove a socket that refuses connections: whoever made it is gone."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        # Nothing is there; or why nothing can be, `bind` says better.
        return
    if not stat.S_ISSOCK(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "a link" if stat.S_ISLNK(mode) else "a file"
        raise ListenError(
            f"{path} is {kind}, not a socket; it stays as it is.", hint="Move it away, or choose another path."
        )
    found = SocketFile.at(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        # A full queue would have us wait.
        probe.setblocking(False)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            found.remove()
        except PermissionError:
            raise ListenError(f"{path} belongs to somebody else.", hint="Choose another path.") from None
        except OSError:
            # It is somebody's, if of another kind, or too busy.
            raise _taken(path, None) from None
        else:
            raise _taken(path, _peer(probe))


def _peer(probe: socket.socket) -> Holder | None:
    """Return who called `listen`, as the kernel remembers."""
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    pid, _, _ = _CREDENTIALS.unpack(probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    return holder_with(pid)


def _taken(path: Path, holder: Holder | None) -> ListenError:
    by = f" by {holder}" if holder else ""
    return ListenError(f"{path} is taken{by}.", hint="Stop it, or choose another path.")


def _explained(error: OSError, path: Path) -> ListenError:
    match error.errno:
        case errno.EADDRINUSE:
            return _taken(path, None)
        case errno.ENOENT:
            return ListenError(f"There is no folder {path.parent} for a socket.", hint=f"mkdir -p {path.parent}")
        case errno.ENOTDIR:
            return ListenError(f"{path.parent} is no folder.", hint="Choose another path.")
        case errno.EACCES | errno.EPERM:
            message = f"This user may not make a socket in {path.parent}."
            return ListenError(message, hint="Choose another folder (systemd: RuntimeDirectory= makes one).")
        case _:
            return ListenError(f"Cannot listen on {path}: {error.strerror}.")


def _identity(path: Path) -> tuple[int, int, int]:
    found = path.lstat()
    return found.st_dev, found.st_ino, found.st_mtime_ns
