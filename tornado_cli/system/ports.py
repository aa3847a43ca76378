"""Who holds a port: the process behind a listener, as far as this user may see it."""

import os
import pwd
import re
import struct
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Final

from tornado_cli.records import Record

PROC: Final = Path("/proc")
LONGEST_COMMAND: Final = 80
# TCP_LISTEN as /proc/net/tcp prints it.
LISTENING: Final = "0A"
MASK: Final = "***"

_SECRET_NAME: Final = re.compile(r"pass|pwd|secret|token|key|auth|credential", re.IGNORECASE)
_PASSWORD_IN_URL: Final = re.compile(r"(://[^/\s:@]*):[^/\s@]*@")


class Holder(Record):
    """A process that listens; only its user is known where this user may not see more."""

    pid: int | None
    command: str
    user: str

    def __str__(self) -> str:
        """Return it as a part of a sentence."""
        return f"a process of {self.user}" if self.pid is None else f"pid {self.pid} ({self.command})"


class ListeningSocket(Record):
    """A line of /proc/net/tcp or tcp6."""

    address: IPv4Address | IPv6Address
    port: int
    inode: str
    uid: int


def holder_of(port: int, host: str = "", proc: Path = PROC) -> Holder | None:
    """Find another process that listens on a port, on an address that stands in the way of `host`."""
    sockets = in_the_way(port, host, list(_listening(proc)))
    pids = _processes_with({f"socket:[{listening.inode}]" for listening in sockets}, proc)
    if not sockets or os.getpid() in pids:
        return None
    user = _user_name(sockets[0].uid)
    if not pids:
        return Holder(None, "", user)
    # Forked workers hold the listener too; who opened it is older.
    oldest = min(pids, key=lambda pid: (_start_time(pid, proc), pid))
    return Holder(oldest, _command_of(oldest, proc), user)


def holder_with(pid: int, proc: Path = PROC) -> Holder | None:
    """Return another process as a holder, when it can be seen."""
    try:
        uid = (proc / str(pid)).stat().st_uid
    except OSError:
        return None
    return None if pid in {0, os.getpid()} else Holder(pid, _command_of(pid, proc), _user_name(uid))


def in_the_way(port: int, host: str, sockets: Sequence[ListeningSocket]) -> list[ListeningSocket]:
    """Choose the listeners because of which `host` cannot be bound; all on the port if `host` is no address."""
    on_port = [listening for listening in sockets if listening.port == port]
    try:
        wanted = ip_address(host)
    except ValueError:
        return on_port
    same_family = [listening for listening in on_port if listening.address.version == wanted.version]
    for candidates in (same_family, on_port):  # The other family: [::] may take IPv4 connections too.
        found = [
            listening
            for listening in candidates
            if listening.address == wanted or wanted.is_unspecified or listening.address.is_unspecified
        ]
        if found:
            return found
    return []


def shown_command(arguments: Sequence[str]) -> str:
    """Show a foreign command line: short, without secrets, and nothing in it that a terminal would obey."""
    name, *rest = arguments
    command = " ".join((Path(name).name, *_without_secrets(rest)))
    visible = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in command)
    return visible if len(visible) <= LONGEST_COMMAND else visible[: LONGEST_COMMAND - 1] + "…"


def _without_secrets(arguments: Sequence[str]) -> Iterator[str]:
    value_is_secret = False
    for argument in arguments:
        name, equals, _ = argument.partition("=")
        is_option = argument.startswith("-")
        if value_is_secret and not is_option:
            yield MASK
        elif equals and _SECRET_NAME.search(name):
            yield f"{name}={MASK}"
        else:
            yield _PASSWORD_IN_URL.sub(rf"\1:{MASK}@", argument)
        value_is_secret = is_option and not equals and bool(_SECRET_NAME.search(argument))


def _listening(proc: Path) -> Iterator[ListeningSocket]:
    for table in ("tcp", "tcp6"):
        with suppress(OSError):  # No /proc, or no IPv6.
            for line in (proc / "self/net" / table).read_text().splitlines()[1:]:
                columns = line.split()
                address, _, port = columns[1].partition(":")
                if columns[3] == LISTENING:
                    yield ListeningSocket(_address(address), int(port, 16), columns[9], int(columns[7]))


def _address(printed: str) -> IPv4Address | IPv6Address:
    """Read an address as the kernel prints it: words of 32 bits in the byte order of the machine."""
    words = [int(printed[start : start + 8], 16) for start in range(0, len(printed), 8)]
    return ip_address(struct.pack(f"={len(words)}I", *words))


def _processes_with(links: Collection[str], proc: Path) -> list[int]:
    return [int(entry.name) for entry in proc.glob("[0-9]*") if links and _has_open(entry / "fd", links)]


def _has_open(folder: Path, links: Collection[str]) -> bool:
    with suppress(OSError):  # It has ended, or is another user's.
        return any(_target(descriptor) in links for descriptor in folder.iterdir())
    return False


def _target(descriptor: Path) -> str:
    with suppress(OSError):  # It has been closed.
        return str(descriptor.readlink())
    return ""


def _start_time(pid: int, proc: Path) -> int:
    with suppress(OSError, ValueError, IndexError):
        # The name, in brackets, may hold anything; the fields after it are counted from 3, start time is 22.
        return int((proc / str(pid) / "stat").read_text().rpartition(")")[2].split()[19])
    return 0


def _command_of(pid: int, proc: Path) -> str:
    with suppress(OSError):
        line = (proc / str(pid) / "cmdline").read_bytes().rstrip(b"\0")
        if line:
            return shown_command([argument.decode(errors="backslashreplace") for argument in line.split(b"\0")])
        return shown_command([(proc / str(pid) / "comm").read_text().strip()])
    return "?"


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
