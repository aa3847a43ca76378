"""Modules that are changed as soon as they are imported."""

import importlib
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from support.project import write

from tornado_cli.app.after_import import after_import


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    yield write(tmp_path, {"late_word.py": "WORD = 'own'\n", "broken_word.py": "1 / 0\n"})
    for name in ("late_word", "broken_word", "early_word"):
        sys.modules.pop(name, None)


def change(module: ModuleType) -> None:
    setattr(module, "WORD", "changed")  # noqa: B010 - a module has no such attribute for mypy.


def test_a_module_is_changed_when_it_comes(folder: Path) -> None:
    after_import({"late_word": change})
    assert "late_word" not in sys.modules
    module = importlib.import_module("late_word")
    assert module.WORD == "changed"
    assert module.__file__ == str(folder / "late_word.py")
    assert "own" in inspect.getsource(module)
    assert importlib.reload(module).WORD == "own"


def test_a_module_that_is_there_is_changed_now(folder: Path) -> None:
    del folder
    sys.modules["early_word"] = module = ModuleType("early_word")
    after_import({"early_word": change})
    assert module.WORD == "changed"


@pytest.mark.usefixtures("folder")
def test_a_module_that_fails_or_is_missing_fails_as_ever() -> None:
    after_import({"broken_word": change, "missing_word": change})
    with pytest.raises(ZeroDivisionError):
        importlib.import_module("broken_word")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("missing_word")
