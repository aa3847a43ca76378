"""Which changes matter to the dev server, by path."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tornado_cli.serve.watching.changes import ChangedFiles
from tornado_cli.serve.watching.filters import Change, change_of, is_ignored_folder
from tornado_cli.serve.watching.folders import folders_below


@pytest.fixture
def changes() -> Iterator[ChangedFiles]:
    made = ChangedFiles()
    yield made
    made.close()


@pytest.mark.parametrize("path", ["/p/main.py", "/p/a b/ü.py", "/p/.env", "/p/pyproject.toml", "/p/__init__.py"])
def test_code_and_settings_call_for_a_restart(path: str) -> None:
    assert change_of(path, frozenset()) is Change.RESTART


@pytest.mark.parametrize(
    "name",
    [
        ".main.py.swp", "main.py~", ".#main.py", "#main.py#", "4913", "main.pyc", "main.py.orig", "___jb_tmp___",
        "page.html", "style.css", "app.js", "logo.svg", "app.log", "data.sqlite3-journal", "README.md", "py", ".py",
        ".main.py.tmp", "main.py.123456", "env",
    ],
)  # fmt: skip
def test_what_editors_leave_and_what_is_read_at_each_request_does_not(name: str) -> None:
    assert change_of(f"/p/{name}", frozenset()) is Change.NOTHING


def test_what_the_application_watches_calls_for_a_restart_whatever_its_name() -> None:
    assert change_of("/p/schema.sql", {"/p/schema.sql"}) is Change.RESTART
    assert change_of("/q/schema.sql", {"/p/schema.sql"}) is Change.NOTHING


@pytest.mark.parametrize("name", ["__pycache__", ".git", "node_modules", ".venv", "x.egg-info", ".mypy_cache"])
def test_folders_that_never_matter_are_left_out(name: str) -> None:
    assert is_ignored_folder(name, is_environment=False)


@pytest.mark.parametrize("name", ["src", "templates", "build", "env", "tests", ".hidden", "git"])
def test_other_folders_are_watched_unless_they_are_an_environment(name: str) -> None:
    assert not is_ignored_folder(name, is_environment=False)
    assert is_ignored_folder(name, is_environment=True)


def test_the_walk_leaves_out_ignored_folders_and_does_not_follow_links(tmp_path: Path) -> None:
    for folder in ("src/shop", "src/__pycache__", ".git/objects", "my-env/lib", "static"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "my-env/pyvenv.cfg").touch()
    (tmp_path / "round").symlink_to(tmp_path)
    (tmp_path / "file").touch()
    names = {str(Path(folder).relative_to(tmp_path)) for folder in folders_below(str(tmp_path))}
    assert names == {".", "src", "src/shop", "static"}


def test_a_complete_change_is_taken_at_once_and_each_file_once(changes: ChangedFiles) -> None:
    changes.note("/p/a.py", is_complete=True)
    changes.note("/p/a.py", is_complete=True)
    changes.note("/p/b.py", is_complete=True)
    changes.note("/p/page.html", is_complete=True)
    assert changes.take() == ("/p/a.py", "/p/b.py")
    assert changes.take() == ()
    assert changes.due() is None


def test_a_removal_waits_for_the_file_to_come_back(changes: ChangedFiles) -> None:
    changes.note("/p/a.py", is_complete=False)
    assert changes.take() == ()
    assert changes.due() is not None
    changes.note("/p/a.py", is_complete=True)
    assert changes.take() == ("/p/a.py",)
    assert changes.due() is None


def test_a_removal_does_not_wait_when_there_is_a_start_already(changes: ChangedFiles) -> None:
    changes.note("/p/old.py", is_complete=False)
    changes.note("/p/new.py", is_complete=True)
    assert set(changes.take()) == {"/p/old.py", "/p/new.py"}
    assert changes.due() is None


def test_a_storm_of_changes_blocks_nobody(changes: ChangedFiles) -> None:
    for number in range(100_000):
        changes.note(f"/p/{number % 10}.py", is_complete=True)
    assert len(changes.take()) == 10
