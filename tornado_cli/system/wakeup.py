"""Signals as events: handlers only wake the loop that waits."""

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Iterable, Iterator
from types import FrameType

_ENDINGS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def _do_nothing(_number: int, _frame: FrameType | None) -> None:
    """Be a handler: SIG_IGN would be inherited by children and by what they exec."""


def leave_to_the_parent(*numbers: signal.Signals) -> None:
    """In a child: have these do nothing; the top process answers them for all."""
    for number in numbers:
        signal.signal(number, _do_nothing)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)


@contextlib.contextmanager
def held_back(*numbers: signal.Signals) -> Iterator[None]:
    """Let these signals wait until the block is left; in what is started in it, until that lets them in."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def give_back_to_children() -> None:
    """From now on, have what this process forks end by the signals that end a process, as `Process.terminate()` means.

    They wait during a fork: one that is sent at once would meet the handler of ours. Ctrl-C stays the top process's.
    """
    before = threading.local()

    def hold_back() -> None:
        before.mask = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDINGS)

    def let_in() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, before.mask)

    def give_back() -> None:
        for number in _ENDINGS:
            if signal.getsignal(number) is _do_nothing:
                signal.signal(number, signal.SIG_DFL)
        let_in()

    os.register_at_fork(before=hold_back, after_in_parent=let_in, after_in_child=give_back)


@contextlib.contextmanager
def signals_for_main_thread_only() -> Iterator[None]:
    """Have threads that are started in the block take no signals, by the mask that they inherit.

    The kernel gives a signal to any thread that takes it: to one that has no CPU just now, and the main thread would
    learn of it after things that happened later.
    """
    with held_back(*signal.valid_signals()):
        yield


class SignalWakeup:
    """Readable whenever one of the signals has arrived."""

    def __init__(self, numbers: Iterable[signal.Signals]) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._numbers = frozenset(numbers)
        self.ignored_before = frozenset(one for one in self._numbers if signal.getsignal(one) is signal.SIG_IGN)
        """What whoever started this process had it ignore: `nohup` does so with HUP."""
        for number in self._numbers:
            signal.signal(number, _do_nothing)
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)

    def fileno(self) -> int:
        return self._reader.fileno()

    def arrived(self) -> list[signal.Signals]:
        """Return the signals that came since the last call, in order."""
        try:
            data = self._reader.recv(4096)
        except BlockingIOError:
            return []
        return [signal.Signals(number) for number in data if number in self._numbers]

    def close(self) -> None:
        signal.set_wakeup_fd(-1)
        self._reader.close()
        self._writer.close()


def be_stopped() -> None:
    """Stop as TSTP does where nobody handles it; return when continued, or at once where nobody could continue us."""
    handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    signal.raise_signal(signal.SIGTSTP)
    signal.signal(signal.SIGTSTP, handler)


def controlling_terminal_is_gone() -> bool:
    """Say whether a HUP came from a terminal that was closed, rather than from somebody who wants a reload."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return True
    return False
