"""What the command line shows is text, on any stream."""

import fcntl
import io
import os
import re
import struct
import termios

import pytest

from tornado_cli.terminal import Terminal, meant, wrapped, wrapped_hint

HOSTILE = "[/x][link=http://x]t[/link]\x1b]0;title\x07\x9b\u202e"
TRACEBACK = 'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\nValueError: \x1b[2J\n'


class FakeTty(io.StringIO):
    def isatty(self) -> bool:
        return True


def show_everything(terminal: Terminal) -> None:
    terminal.error(f"No app {HOSTILE}.", hint=f"Name it: {HOSTILE}")
    terminal.warning(HOSTILE)
    terminal.traceback(TRACEBACK + HOSTILE)
    terminal.banner([HOSTILE, "  http://127.0.0.1:8000"])


def test_an_error_is_one_message_and_one_hint() -> None:
    err = io.StringIO()
    Terminal(err=err).error("No application.", hint="tcli serve main:app")
    assert err.getvalue() == "Error: No application.\nHint: tcli serve main:app\n"


def test_an_error_without_hint_is_one_line() -> None:
    err = io.StringIO()
    Terminal(err=err).error("No application.")
    assert err.getvalue() == "Error: No application.\n"


@pytest.mark.parametrize("columns", ["1", "80"])
def test_foreign_text_is_never_obeyed(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    out, err = FakeTty(), FakeTty()
    show_everything(Terminal(out, err, environ={"TERM": "xterm"}))
    shown = out.getvalue() + err.getvalue()
    assert "\x1b[1;31mError: \x1b[0m" in shown
    assert "[/x][link=http://x]t[/link]" in shown
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", re.sub(r"\x1b\[[0-9;]*m", "", shown))


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colour_where_none_is_wanted(environ: dict[str, str]) -> None:
    out, err = FakeTty(), FakeTty()
    show_everything(Terminal(out, err, environ=environ))
    assert "\x1b" not in out.getvalue() + err.getvalue()


def test_no_colour_in_a_pipe() -> None:
    out, err = io.StringIO(), io.StringIO()
    show_everything(Terminal(out, err, environ={}))
    assert "\x1b" not in out.getvalue() + err.getvalue()


def test_a_stream_that_is_closed_or_missing_is_survived() -> None:
    closed = io.StringIO()
    closed.close()
    show_everything(Terminal(closed, closed))


def test_a_reader_that_is_gone_is_survived() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone:
        show_everything(Terminal(gone, gone))


def test_a_stream_that_cannot_encode_shows_escapes() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Terminal(err=stream).error("ümlaut")
    assert raw.getvalue() == b"Error: \\xfcmlaut\n"


PATH = "/a/path/that-is-longer/than/any-narrow-terminal/main.py"


@pytest.mark.parametrize("columns", [20, 40, 79, 200])
def test_messages_are_broken_between_words_and_paths_never(columns: int) -> None:
    text = f"There is no application in {PATH}: looked for make_app, create-app and app."
    lines = wrapped(text, columns, used=7).split("\n")
    assert " ".join(lines) == text
    assert all(len(line) <= columns or " " not in line for line in lines)
    assert len(lines[0]) <= columns - 7


def test_what_a_user_or_another_program_has_broken_stays_broken() -> None:
    text = "one\n\n  indented\ttoo"
    assert wrapped(text, 30) == text
    assert wrapped("  two words", 20, used=19).split() == ["two", "words"]


def test_without_a_terminal_nothing_is_broken() -> None:
    err = io.StringIO()
    Terminal(err=err).error("word " * 100)
    assert err.getvalue().count("\n") == 1


def test_what_is_to_be_typed_can_be_copied_whole() -> None:
    hint = f"Install it there: {PATH} -m pip install tornado-tcli"
    assert wrapped_hint(hint, 40, used=6) == f"Install it there:\n  {PATH} -m pip install tornado-tcli"
    assert wrapped_hint(hint, 200, used=6) == hint
    assert wrapped_hint("Known keys: one, two, three, four.", 20, used=6) == "Known keys:\none, two, three,\nfour."


@pytest.mark.parametrize(
    ("typed", "choice"), [("y", "yes"), (" NO ", "no"), ("c", "change"), ("maybe", "maybe"), ("n", "n"), ("", "")]
)
def test_how_a_choice_begins_is_enough_where_it_is_the_only_one(typed: str, choice: str) -> None:
    assert meant(typed, ("yes", "change", "no", "never")) == choice


def test_a_terminal_is_asked_for_its_width() -> None:
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    with os.fdopen(theirs, "w") as stream:
        Terminal(err=stream, environ={"NO_COLOR": "1"}).error("eight chars " * 5)
        shown = os.read(ours, 1000).decode()
    os.close(ours)
    assert all(len(line) <= 40 for line in shown.splitlines())
    assert shown.count("\n") == 2
