"""`tcli new` before somebody at a terminal."""

import sys
from pathlib import Path

import pytest
from support.terminal import CTRL_C, CTRL_D, OnTerminal

NEW = (sys.executable, "-m", "tornado_cli", "new")


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_without_an_option_a_terminal_is_asked(tmp_path: Path) -> None:
    with OnTerminal(NEW, cwd=tmp_path) as terminal:
        terminal.read_until("Name of the project")
        terminal.type(b"my-shop\n")
        terminal.read_until(r"Template \[minimal/web.*\] \(web\)")
        terminal.type(b"maximal\n")
        terminal.read_until("select one of the available options")
        terminal.type(b"Mini\n")
        terminal.read_until(r"Make it\? \[yes/change/no\] \(yes\)")
        terminal.type(b"y\n")
        terminal.read_until("tcli new my-shop --template minimal")
        assert terminal.wait_for_exit() == 0
    assert names_in(tmp_path) == ["my-shop"]


@pytest.mark.parametrize(("keys", "code"), [(CTRL_C, 130), (CTRL_D, 130), (b"no\n", 0)])
def test_who_stops_at_a_question_leaves_nothing(tmp_path: Path, keys: bytes, code: int) -> None:
    with OnTerminal((*NEW, "shop"), cwd=tmp_path) as terminal:
        terminal.read_until("Template")
        terminal.type(b"web\n")
        terminal.read_until(r"Make it\?")
        terminal.type(keys)
        assert terminal.wait_for_exit() == code
        assert "Traceback" not in terminal.shown
    assert names_in(tmp_path) == []


def test_any_option_means_no_questions(tmp_path: Path) -> None:
    with OnTerminal((*NEW, "shop", "-y"), cwd=tmp_path) as terminal:
        assert terminal.wait_for_exit() == 0
        assert "?" not in terminal.shown
        assert "tcli new shop --template web" in terminal.shown
    assert names_in(tmp_path) == ["shop"]


def test_nobody_is_asked_about_what_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "shop").touch()
    with OnTerminal((*NEW, "shop"), cwd=tmp_path) as terminal:
        assert terminal.wait_for_exit() == 1
        assert "exists already" in terminal.shown
        assert "Template" not in terminal.shown
