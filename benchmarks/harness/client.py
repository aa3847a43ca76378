"""One client connection, close to the wire, whose every exchange ends in exactly one outcome."""

import asyncio
import enum
import socket
import time
from dataclasses import dataclass

HOST = "127.0.0.1"
TIMEOUT = 10.0
"""Seconds after which a client gives up: nothing that works takes so long here."""
_OK, _SERVER_ERRORS = 200, 500


class Outcome(enum.Enum):
    OK = "ok"
    REFUSED = "refused"
    RESET = "reset"
    EMPTY = "empty"
    """Closed in an orderly way, but without a byte of the answer that was asked for."""
    TIMEOUT = "timeout"
    SERVER_ERROR = "5xx"
    WRONG = "wrong"
    """Another status, a body cut short, or not the body that belongs there."""
    EOF = "clean EOF"
    """A kept connection was closed between two requests: no request was lost."""


LOST = tuple(outcome for outcome in Outcome if outcome not in {Outcome.OK, Outcome.EOF})


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchange:
    """One request, or the orderly end of a kept connection before one."""

    outcome: Outcome
    connected_at: float
    """When connecting began, by the monotonic clock; so are the other moments."""
    began_at: float
    ended_at: float
    idle: float
    """Seconds that the connection had been idle before."""
    client_port: int
    named: int
    """The number that the answer is: the pid of a worker, or the version of a project; 0 without an answer."""
    note: str = ""

    @property
    def is_lost(self) -> bool:
        return self.outcome in LOST


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    is_last: bool
    """Whether the server said `Connection: close`."""


class ClosedError(Exception):
    """The other end has closed in an orderly way."""

    def __init__(self, received: bytes) -> None:
        super().__init__(f"closed after {received!r}")
        self.received = received


class Connection:
    """A socket on the running loop."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.began_at = time.monotonic()
        self.quiet_since = self.began_at
        self.port = 0
        """Of this end; 0 before it is connected."""

    async def connect(self, port: int) -> None:
        await asyncio.get_running_loop().sock_connect(self._socket, (HOST, port))
        self.port = self._socket.getsockname()[1]

    def has_ended(self) -> bool:
        """Say whether the other end has closed; raises ConnectionResetError when it has reset."""
        try:
            return self._socket.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False

    async def ask(self, path: str, *, keep: bool) -> Answer:
        """Send a GET and read its answer whole; raises OSError, ClosedError or ValueError."""
        close = "" if keep else "Connection: close\r\n"
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{close}\r\n"
        await asyncio.get_running_loop().sock_sendall(self._socket, request.encode())
        return await self._read_answer()

    async def _read_answer(self) -> Answer:
        received = b""
        while b"\r\n\r\n" not in received:
            received = await self._read_more(received)
        head, _, body = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        while len(body) < int(fields["content-length"]):
            body = await self._read_more(body)
        self.quiet_since = time.monotonic()
        return Answer(int(first.split(" ")[1]), body, fields.get("connection", "").lower() == "close")

    async def _read_more(self, received: bytes) -> bytes:
        part = await asyncio.get_running_loop().sock_recv(self._socket, 65536)
        if not part:
            raise ClosedError(received)
        return received + part

    @property
    def is_closed(self) -> bool:
        return self._socket.fileno() < 0

    def close(self) -> None:
        self._socket.close()


async def exchange(connection: Connection, port: int, path: str, *, keep: bool, linger: float) -> Exchange:
    """Do one exchange, on a new connection when it is not connected yet; never raises for what the server does.

    The connection is closed afterwards unless it can be used again.
    A kept connection that has been idle for longer than `linger` seconds may be closed by the server at the very
    moment when the request is on its way: HTTP/1.1 has no way to tell, so that, too, is an EOF between requests.
    """
    began_at = time.monotonic()
    idle = began_at - connection.quiet_since if connection.port else 0.0
    is_kept = bool(connection.port)
    named, note = 0, ""
    try:
        async with asyncio.timeout(TIMEOUT):
            if is_kept and connection.has_ended():
                outcome = Outcome.EOF if idle >= linger else Outcome.EMPTY
                note = f"closed while idle for {idle:.2f} s"
            else:
                if not is_kept:
                    await connection.connect(port)
                answer = await connection.ask(path, keep=keep)
                outcome, named, note = _judge(answer)
                if answer.is_last or not keep:
                    connection.close()
    except ConnectionRefusedError:
        outcome = Outcome.REFUSED
    except ConnectionError as error:
        outcome, note = Outcome.RESET, type(error).__name__
    except ClosedError as error:
        outcome = Outcome.WRONG if error.received else Outcome.EOF if is_kept and idle >= linger else Outcome.EMPTY
        note = str(error)
    except TimeoutError:
        outcome = Outcome.TIMEOUT
    except (ValueError, KeyError) as error:
        outcome, note = Outcome.WRONG, repr(error)
    if outcome is not Outcome.OK:
        connection.close()
    return Exchange(
        outcome=outcome,
        connected_at=connection.began_at,
        began_at=began_at,
        ended_at=time.monotonic(),
        idle=idle,
        client_port=connection.port,
        named=named,
        note=note,
    )


def _judge(answer: Answer) -> tuple[Outcome, int, str]:
    if answer.status >= _SERVER_ERRORS:
        return Outcome.SERVER_ERROR, 0, str(answer.status)
    if answer.status != _OK or not answer.body.isdigit():
        return Outcome.WRONG, 0, f"{answer.status} {answer.body[:80]!r}"
    return Outcome.OK, int(answer.body), ""
