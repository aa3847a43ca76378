"""The keys of the dev server: what they stand for, and reading them while the terminal is ours."""

from collections.abc import Callable
from enum import Enum

from tornado_cli.system.inbox import Inbox
from tornado_cli.system.key_terminal import KeyTerminal


class Key(Enum):
    """What a key calls for."""

    RELOAD = b"r"
    OPEN = b"o"
    CLEAR = b"c"
    QUIT = b"q"
    HELP = b"h"
    SPACE = b"\n"
    """Enter: an empty line between what was and what will be."""


ALL_KEYS = "r reload · o open · c clear · q quit · h help"


def keys_of(typed: bytes) -> list[Key]:
    """Return the keys that were pressed; none where a part of it is no key: of an arrow or a paste."""
    known = {key.value: key for key in Key}
    pressed = [known.get(typed[index : index + 1].lower()) for index in range(len(typed))]
    return [key for key in pressed if key is not None] if None not in pressed else []


class Keys:
    """Listens on the terminal, whenever we are in its foreground and nobody has borrowed it."""

    def __init__(self, terminal: KeyTerminal, inbox: Inbox, on_key: Callable[[Key], None]) -> None:
        self._terminal = terminal
        self._inbox = inbox
        self._on_key = on_key
        self._is_listening = False
        self._is_lent = False

    def follow(self) -> None:
        """Listen if the terminal has become ours; a shell says nothing when it brings us to the foreground."""
        if not self._is_listening and not self._is_lent and self._terminal.take():
            self._inbox.register(self._terminal.descriptor, self._read)
            self._is_listening = True

    def renew(self) -> None:
        """Set the terminal anew: a shell has had it while we were stopped."""
        if self._is_listening and not self._terminal.take():
            self._stop_listening()
        self.follow()

    def lend(self) -> None:
        """Leave the terminal, as it was found, to somebody else."""
        self._is_lent = True
        self._stop_listening()
        self._terminal.lend()

    def take_back(self) -> None:
        """Listen again; what was typed before was meant for the borrower."""
        self._is_lent = False
        self._terminal.forget_typed()
        self.follow()

    def pause(self) -> None:
        """Give the terminal back before we are stopped."""
        if not self._is_lent:
            self._stop_listening()
            self._terminal.give_back()

    def _stop_listening(self) -> None:
        if self._is_listening:
            self._inbox.forget(self._terminal.descriptor)
            self._is_listening = False

    def _read(self) -> None:
        typed = self._terminal.read()
        if not typed:
            self._stop_listening()
            return
        for key in keys_of(typed):
            self._on_key(key)
