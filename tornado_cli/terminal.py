"""What the command line itself shows: errors, warnings, the banner; what is foreign in it is text, never a command."""

import os
import re
import select
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from typing import TextIO

CONTROLS = r"\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
"""What a terminal may obey or what breaks a line: C0 but the tab, DEL, C1, line separators, bidi, lone surrogates."""

_CONTROL = re.compile(f"[{CONTROLS}]")
_SHORT = {"\n": "\\n", "\r": "\\r"}


def visible(text: str, *, multiline: bool = False) -> str:
    """Show control characters as escapes; with `multiline`, line feeds stay (a traceback's)."""
    if text.isprintable():
        return text
    if multiline:
        return "\n".join(_CONTROL.sub(_escape, line) for line in text.split("\n"))
    return _CONTROL.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    return _SHORT.get(character) or (f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}")  # noqa: PLR2004 - the last code of two digits


NARROWEST = 20
"""Columns of a terminal that words are fitted to."""


class Tone(StrEnum):
    """What a line means; the value is how rich draws it, in colours that every terminal's own palette defines."""

    TEXT = ""
    TITLE = "bold"
    HINT = "cyan"
    QUIET = "dim"
    WARNING = "bold yellow"
    ERROR = "bold red"


class Terminal:
    """Writes to stdout and stderr; survives both being closed, narrow or not a terminal."""

    def __init__(
        self,
        out: TextIO | None = None,
        err: TextIO | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        # None too when the descriptor was closed before Python started.
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self._environ = environ

    def error(self, message: str, hint: str = "") -> None:
        self._labelled(Tone.ERROR, "Error", message, hint)

    def warning(self, message: str, hint: str = "") -> None:
        self._labelled(Tone.WARNING, "Warning", message, hint)

    def traceback(self, text: str) -> None:
        """Show a traceback of the user's: where it went quietly, what happened loudly."""
        lines = [*visible(text.rstrip("\n"), multiline=True).split("\n")]
        for number, line in enumerate(lines, start=1):
            self._show(self._err, (tone_of_traceback(line, is_last=number == len(lines)), line))

    def banner(self, lines: Sequence[str]) -> None:
        """Say on stdout what starts here; the first line is its title."""
        for number, line in enumerate(lines):
            self._show(self._out, (Tone.TEXT if number else Tone.TITLE, visible(line)))

    def _labelled(self, tone: Tone, label: str, message: str, hint: str) -> None:
        columns = columns_of(self._err)
        text = wrapped(visible(message, multiline=True), columns, used=len(f"{label}: "))
        self._show(self._err, (tone, f"{label}: "), (Tone.TEXT, text))
        if hint:
            text = wrapped_hint(visible(hint, multiline=True), columns, used=len("Hint: "))
            self._show(self._err, (Tone.HINT, "Hint: "), (Tone.TEXT, text))

    def _show(self, stream: TextIO | None, *parts: tuple[Tone, str]) -> None:
        if stream is None:
            return
        styled = shows_colour(is_terminal=is_terminal(stream), environ=self._environ)
        write(stream, (drawn(parts) if styled else "".join(text for _, text in parts)) + "\n")


class Screen:
    """The terminal as a surface; a terminal that is stopped (Ctrl-S) makes nobody wait."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout

    def clear(self) -> None:
        """Forget what was shown, also what was scrolled away."""
        self._put("\x1b[H\x1b[2J\x1b[3J")

    def space(self) -> None:
        """Leave a line empty."""
        self._put("\n")

    def _put(self, text: str) -> None:
        if self._out is not None and is_terminal(self._out) and _takes_more(self._out):
            write(self._out, text)


def _takes_more(stream: TextIO) -> bool:
    poller = select.poll()
    poller.register(stream, select.POLLOUT)
    return bool(poller.poll(0))


def tone_of_traceback(line: str, *, is_last: bool) -> Tone:
    """Which part of a traceback a line is: frames are quiet, the exception is loud."""
    if is_last or (line and not line[0].isspace() and not line.startswith("Traceback ")):
        return Tone.ERROR
    return Tone.QUIET if line.lstrip().startswith(("File ", "^", "~")) else Tone.TEXT


def shows_colour(*, is_terminal: bool, environ: Mapping[str, str]) -> bool:
    """Colour is for terminals that can and users who want it (no-color.org)."""
    return is_terminal and not environ.get("NO_COLOR") and environ.get("TERM") not in {"dumb", "unknown"}


def is_terminal(stream: TextIO) -> bool:
    # ValueError: closed.
    with suppress(OSError, ValueError):
        return stream.isatty()
    return False


def columns_of(stream: TextIO | None) -> int:
    """Return how wide the terminal is; 0 where there is none, or it does not know."""
    # ValueError: closed, or no file.
    with suppress(OSError, ValueError):
        return 0 if stream is None else os.get_terminal_size(stream.fileno()).columns
    return 0


def wrapped(text: str, columns: int, *, used: int = 0) -> str:
    """Break lines at spaces alone, the first one as if `used` columns stood before it.

    A word that is longer, as a path may be, is the terminal's to wrap: then it can be copied whole.
    """
    if columns < NARROWEST:
        return text
    from textwrap import TextWrapper

    wrapper = TextWrapper(
        columns, expand_tabs=False, replace_whitespace=False, break_long_words=False, break_on_hyphens=False
    )
    first, *others = text.split("\n")
    wrapper.initial_indent = " " * used
    lines = [wrapper.fill(first)[used:]]
    wrapper.initial_indent = ""
    return "\n".join(lines + [wrapper.fill(line) for line in others])


def wrapped_hint(text: str, columns: int, *, used: int) -> str:
    """Do so with a hint, but for what is to be typed: it stands behind a last colon, without a full stop."""
    prose, colon, typed = text.rpartition(": ")
    if not colon or text.endswith(".") or used + len(text) <= columns or columns < NARROWEST:
        return wrapped(text, columns, used=used)
    return f"{wrapped(f'{prose}:', columns, used=used)}\n  {typed}"


def can_ask() -> bool:
    """Say whether somebody is there to see a question and to answer it."""
    return all(stream is not None and is_terminal(stream) for stream in (sys.stdin, sys.stdout))


def ask(question: str, *, choices: Sequence[str] = (), default: str = "") -> str:
    """Ask until one of `choices` is typed, or anything where there are none; Ctrl-D ends it as Ctrl-C does."""
    from rich.console import Console
    from rich.prompt import Prompt
    from rich.text import Text, TextType

    class Question(Prompt):
        @classmethod
        def get_input(cls, console: Console, prompt: TextType, password: bool, stream: TextIO | None = None) -> str:
            del password, stream
            console.print(prompt, end="")
            _wait_for_line()
            return input()

        def process_response(self, value: str) -> str:
            return super().process_response(meant(value, choices))

    console = Console(highlight=False)
    try:
        prompt = Question(Text(question), console=console, choices=list(choices) or None)
        return prompt(default=default) if default else prompt()
    except (EOFError, KeyboardInterrupt):
        console.print()
        raise KeyboardInterrupt from None


def _wait_for_line() -> None:
    """Wait with an eye on signals: one that comes just before `input` blocks would be heeded after the next line."""
    if sys.platform == "win32":
        return
    reader, writer = socket.socketpair()
    with reader, writer:
        writer.setblocking(False)
        before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        try:
            select.select([sys.stdin, reader], [], [])
        finally:
            signal.set_wakeup_fd(before)


def meant(typed: str, choices: Sequence[str]) -> str:
    """Return the choice that begins like that, if it is the only one; else what was typed."""
    beginning = typed.strip().lower()
    if beginning in choices:
        return beginning
    fitting = [choice for choice in choices if beginning and choice.lower().startswith(beginning)]
    return fitting[0] if len(fitting) == 1 else typed


def drawn(parts: Sequence[tuple[Tone, str]]) -> str:
    """The parts with the escapes of their tones; lines are left for the terminal to wrap."""
    from rich.console import Console
    from rich.text import Text

    console = Console(force_terminal=True, color_system="standard", markup=False, highlight=False, emoji=False)
    with console.capture() as capture:
        console.print(Text.assemble(*((text, tone.value) for tone, text in parts)), soft_wrap=True, end="")
    return capture.get()


def write(stream: TextIO, text: str) -> None:
    """Write now, in what the stream can encode; a reader that is gone is not our failure."""
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except BrokenPipeError:
        # What is still buffered would make the interpreter complain once more when it ends.
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
    except (OSError, ValueError):
        pass
