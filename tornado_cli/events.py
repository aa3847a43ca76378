"""What the processes of one tree tell each other: small values that travel as JSON."""

import json
from collections.abc import Sequence
from typing import Any, dataclass_transform

from tornado_cli import __version__
from tornado_cli.records import Record

_KINDS: dict[str, type["Message"]] = {}


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Message(Record):
    """One order or report."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        _KINDS[cls.__name__] = cls


def encode(message: Message) -> bytes:
    """Return the message as it travels over a channel."""
    text = json.dumps([type(message).__name__, vars(message)], ensure_ascii=False)
    # Texts of the user's may hold half characters: of file names, for one.
    return text.encode("utf-8", "surrogatepass")


def decode(data: bytes) -> Message:
    """Return the message that `encode` was given.

    Raises ValueError for anything else: the sender may be an application gone mad.
    """
    try:
        name, fields = json.loads(data.decode("utf-8", "surrogatepass"))
        return _KINDS[name](**fields)
    except (TypeError, KeyError, UnicodeDecodeError) as error:
        raise ValueError(f"not a message: {data[:80]!r}") from error


# Down: from the top process.


class Boot(Message):
    """The first message to an exec'd child: everything it needs to know."""

    settings: dict[str, Any]
    """What its own module reads (`run.boot`, `serve.boot`)."""
    environ: dict[str, str | None] | None = None
    """Variables to change before anything of the application is imported; None is for one to remove."""
    version: str = __version__
    """Of tcli, as its sender runs it: since then another may have been installed."""


class ForkProcess(Message):
    """To a forkserver, with the child's end of a new channel: fork a process that waits there for `StartProcess`."""

    number: int
    is_thrifty: bool = False
    """Whether it makes no memory its own before it is started."""


class ForkStage(Message):
    """To a forkserver, with one end of a control channel: fork another that goes further in the import.

    With `before` it imports the application until just before that module is looked for; without, it imports the
    third-party modules of the `Learned` that comes along in a file.
    """

    number: int
    target: dict[str, Any]
    before: str = ""


class ProcessBegins(Message):
    """To a forkserver: a process of its has been told to start; what others left behind is older than this."""

    number: int
    at: float
    """Seconds since the machine was started."""


class StartProcess(Message):
    """To a forked process: serve.

    With `page` it answers everything with that page; without, it loads the application.
    """

    number: int
    turn: int
    """It may accept while the shared word of turns is not above this."""
    target: dict[str, Any]
    """The application as it was found for this start: an edit may have made another kind of it."""
    page: dict[str, Any] | None = None
    state: str | None = None
    """What the project is known to change of what other modules look at; None: whatever it does is right."""


class DropListeners(Message):
    """To the forkserver, at a final stop: while anyone holds them, new clients wait in a queue for nobody."""


class Activate(Message):
    """To a waiting worker: load the application and serve, by TLS when a file of certificates comes along.

    Orders name the pid they are meant for: a worker that died may have left one unread to its successor.
    """

    pid: int


class Drain(Message):
    """Serve on for `delay` seconds, accept nothing more, finish what runs within `grace` seconds, leave with 0."""

    pid: int
    grace: float
    delay: float = 0.0
    takes_queue: bool = False
    """Whether what is queued is to be accepted first: at a final stop nobody else will."""
    dropped: Sequence[int] = ()
    """Descriptors of listeners that nobody else will accept from any more, though it is no final stop."""
    comes_back: bool = False
    """Whether to leave with a code that has the leader fork a fresh process into the slot."""


class NewCertificates(Message):
    """To a worker, with a file of certificates: use them for new handshakes; connections that are open go on."""

    pid: int


class Edited(Message):
    """To a serving process: templates or static files have changed, which open pages are to be told."""

    styles: Sequence[str]
    """Names of the stylesheets, when nothing else has changed."""


class Bound(Message):
    """The answer to `BindElsewhere`: as many listeners as descriptors came along, or why there are none."""

    error: str = ""


# Up: to the top process.


class ProcessForked(Message):
    """From the forkserver, with a pidfd where the system has them."""

    number: int
    pid: int


class ProcessExited(Message):
    """From the forkserver: `code` is the exit code, or the negative number of the signal."""

    number: int
    pid: int
    code: int


class StageForked(Message):
    """From a forkserver, with a pidfd where the system has them."""

    number: int
    pid: int


class StageReady(Message):
    """From a forkserver that stands where it was told to."""

    pid: int


class StageFailed(Message):
    """From a forkserver that cannot stand there, and leaves."""

    pid: int
    reason: str
    cold: Sequence[str] = ()
    """Modules that must be left to each process: their import does what a fork cannot carry over."""


class PlaceWanted(Message):
    """From what says that the application is still starting: it is to write down where it is."""

    pid: int


class FilesKnown(Message):
    """From a process that is ready, or has failed: the files that the application is made of."""

    pid: int
    files: list[str]
    served: list[str]
    """Folders of templates and static files, which are read at each request."""
    are_all: bool
    """False when it failed, and came only so far."""
    since: int
    """When it began to read them, in nanoseconds since the epoch."""


class ImportsLearned(Message):
    """From a process that is ready, with a file of what it imported (`serve.forkservers.learning`)."""

    pid: int


class PageAnswered(Message):
    """From a process that shows a page, a moment after it became ready: whoever waited has been answered."""

    pid: int


class NeedsColdStart(Message):
    """From a process that started warm: what it imported changes what others should have found."""

    pid: int


class WorkerExited(Message):
    """From the leader, out of `fork_processes`: `code` is the exit code, or the negative number of the signal."""

    slot: int
    pid: int
    code: int


class ForkRefused(Message):
    """From a leader that the system does not let fork; it goes on trying."""

    reason: str


class Preloaded(Message):
    """From a leader that has loaded the application: bytes of memory that its workers share."""

    shared: int


class Waiting(Message):
    """From a worker just forked, with a pidfd where the system has them: it may be activated."""

    pid: int


class Ready(Message):
    """From a serving process: it listens on its own running loop."""

    pid: int


class AppFailed(Message):
    """From a serving process that could not start, or broke down later: the user's failure, ready to be shown."""

    pid: int
    title: str
    traceback: str = ""
    hint: str = ""
    details: dict[str, Any] | None = None
    """What a page shows of it, where one may."""
    may_pass: bool = False
    """Whether it could be gone when nobody else holds a port or a lock: it is no mistake in the code itself."""


class TerminalWanted(Message):
    """From a serving process in which something reads the terminal, with one end of a socket pair.

    A byte from it grants the terminal; that nobody holds the other end any more gives it back.
    """

    pid: int


class BindElsewhere(Message):
    """From a script that listens on an address besides ours: the top process binds it once and for all."""

    pid: int
    port: int
    host: str


__all__ = [name for name, value in globals().items() if isinstance(value, type) and issubclass(value, Message)]
__all__ += ["decode", "encode"]
