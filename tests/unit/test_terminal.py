"""What the command line shows is text, on any stream."""

import io
import os
import re

import pytest

from tornado_cli.terminal import Terminal

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
