"""A terminal whose keys come one by one and unseen, and which is left as it was found."""

import contextlib
import os
import termios
from typing import Any

_LOCAL = 3
_CHARACTERS = 6
# Not ISIG and nothing of the output: Ctrl-C, Ctrl-Z and Ctrl-\ keep their meaning, lines their ends.
_LINE_MODE = termios.ICANON | termios.ECHO


class KeyTerminal:
    """The modes of a terminal; what is none is never ours."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._found: list[Any] | None = None
        self._is_taken = False

    def is_ours(self) -> bool:
        """Say whether we are in its foreground: another process that reads or sets a terminal is stopped."""
        try:
            return os.tcgetpgrp(self.descriptor) == os.getpgrp()
        except OSError:
            return False

    def take(self) -> bool:
        """Have keys come one by one, if it is ours; say whether they do.

        Once taken it may be asked for again: a shell that had it meanwhile has set what it likes.
        """
        if not self.is_ours():
            return False
        try:
            modes = termios.tcgetattr(self.descriptor)
            if self._found is None or (self._is_taken and modes != for_keys(modes)):
                self._found = modes
            termios.tcsetattr(self.descriptor, termios.TCSANOW, for_keys(modes))
        except termios.error:
            return False
        self._is_taken = True
        return True

    def lend(self) -> None:
        """Set it as it was found, for somebody else; `take` afterwards forgets what they set."""
        self._is_taken = False
        if self._found is not None and self.is_ours():
            # It may have gone at this moment.
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self.descriptor, termios.TCSANOW, self._found)

    def give_back(self) -> None:
        """Set it as it was found, for good: how it is when it is taken again is how it is found."""
        self.lend()
        self._found = None

    def read(self) -> bytes:
        """Return the keys that have come; nothing when it is not ours, or gone."""
        try:
            return os.read(self.descriptor, 1024) if self.is_ours() else b""
        except OSError:
            return b""

    def forget_typed(self) -> None:
        """Drop what was typed and not read: it was meant for another reader."""
        if self.is_ours():
            with contextlib.suppress(termios.error):
                termios.tcflush(self.descriptor, termios.TCIFLUSH)


def for_keys(modes: list[Any]) -> list[Any]:
    """Return these modes, changed so that keys come one by one."""
    changed = [*modes[:_CHARACTERS], list(modes[_CHARACTERS])]
    changed[_LOCAL] &= ~_LINE_MODE
    changed[_CHARACTERS][termios.VMIN] = 1
    changed[_CHARACTERS][termios.VTIME] = 0
    return changed
