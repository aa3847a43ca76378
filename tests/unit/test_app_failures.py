"""What the user is shown of an error in their code."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tornado_cli
from tornado_cli.app.failures import Failure, describe_failure
from tornado_cli.app.load import load
from tornado_cli.app.target import Kind, Origin, Target

OURS = [Path(tornado_cli.__file__).parent, Path(__file__).parent]


@pytest.fixture(autouse=True)
def _leaves_nothing_imported(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield
    for name in ("site_app", "site_part"):
        sys.modules.pop(name, None)


def failure_of(folder: Path, text: str, **others: str) -> Failure:
    """What is told when the import of `site_app.py` fails."""
    for name, content in {"site_app": text, **others}.items():
        (folder / f"{name}.py").write_text(content)
    importlib.invalidate_caches()
    target = Target(
        kind=Kind.MODULE,
        origin=Origin.ARGUMENT,
        title="site_app:app",
        module="site_app",
        attribute="app",
        path=folder / "site_app.py",
        search_path=(str(folder),),
    )
    with pytest.raises((Exception, SystemExit)) as caught:
        load(target)
    return describe_failure(caught.value, OURS)


def test_only_the_users_frames_are_shown(tmp_path: Path) -> None:
    told = failure_of(tmp_path, "import site_part\n", site_part="def f():\n    return 1 / 0\n\nf()\n")
    assert told.traceback_text.count("File ") == 3
    assert "importlib" not in told.traceback_text
    assert "load.py" not in told.traceback_text
    assert "    return 1 / 0" in told.traceback_text
    assert told == Failure(
        title="ZeroDivisionError: division by zero",
        traceback_text=told.traceback_text,
        file=str(tmp_path / "site_part.py"),
        line=2,
    )


def test_a_syntax_error_is_shown_at_its_own_place(tmp_path: Path) -> None:
    told = failure_of(tmp_path, "x = 1\ndef make(:\n")
    assert told.title == "SyntaxError: invalid syntax (site_app.py, line 2)"
    assert (told.file, told.line) == (str(tmp_path / "site_app.py"), 2)
    assert "    def make(:\n             ^" in told.traceback_text
    assert "load.py" not in told.traceback_text


def test_a_syntax_error_elsewhere_shows_who_imported_it(tmp_path: Path) -> None:
    told = failure_of(tmp_path, "import site_part\n", site_part="(\n")
    assert told.file == str(tmp_path / "site_part.py")
    assert "    import site_part" in told.traceback_text


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("import sys\nsys.exit(3)", "site_app.py called sys.exit(3) while it was imported"),
        ("raise SystemExit", "site_app.py called sys.exit() while it was imported"),
        ("exit('no database')", "site_app.py called sys.exit('no database') while it was imported"),
        (
            "import argparse\nargparse.ArgumentParser(usage='').error('')",
            "site_app.py called sys.exit(2) while it was imported",
        ),
    ],
)
def test_a_call_of_exit_is_put_into_words(tmp_path: Path, text: str, title: str) -> None:
    told = failure_of(tmp_path, text)
    assert told.title == title
    assert told.file == str(tmp_path / "site_app.py")


def test_the_line_is_the_projects_own_not_that_of_a_library(tmp_path: Path) -> None:
    told = failure_of(tmp_path, "import json\n\njson.loads('[')\n")
    assert (told.file, told.line) == (str(tmp_path / "site_app.py"), 3)
    assert "decoder.py" in told.traceback_text
    assert told.title.startswith("JSONDecodeError: Expecting value")


def test_chained_errors_groups_and_notes_are_kept(tmp_path: Path) -> None:
    text = """
try:
    1 / 0
except ZeroDivisionError as error:
    first = ExceptionGroup("both", [ValueError("left"), KeyError("right")])
    first.add_note("look here")
    raise first from error
"""
    told = failure_of(tmp_path, text)
    assert told.title == "ExceptionGroup: both (2 sub-exceptions)"
    for words in ("ZeroDivisionError", "direct cause", "ValueError: left", "KeyError: 'right'", "look here"):
        assert words in told.traceback_text


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("raise ValueError", "ValueError"),
        ("raise ValueError('first\\nsecond')", "ValueError: first"),
        (
            "class Odd(Exception):\n    def __str__(self): raise OSError\nraise Odd",
            "Odd: (its message cannot be shown)",
        ),
    ],
)
def test_the_title_is_one_line(tmp_path: Path, text: str, title: str) -> None:
    assert failure_of(tmp_path, text).title == title


def test_what_is_shown_is_bounded(tmp_path: Path) -> None:
    told = failure_of(tmp_path, "raise ValueError('x' * 1_000_000 + 'the end')")
    assert len(told.title) < 400
    assert len(told.traceback_text) <= 48 * 1024
    assert "characters are left out" in told.traceback_text
    assert told.traceback_text.endswith("the end\n")


def test_an_error_of_ours_keeps_its_frames() -> None:
    with pytest.raises(ValueError, match="ours") as caught:
        raise ValueError("ours")
    told = describe_failure(caught.value, OURS)
    assert "test_app_failures.py" in told.traceback_text
