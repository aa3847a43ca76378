"""Which folders and files matter to the dev server, by path."""

import pytest

from tornado_cli.serve.watching.gitignore import parse_ignore_file
from tornado_cli.serve.watching.rules import Change, Rules

USUAL = Rules()
GITIGNORE = (parse_ignore_file("/p", "generated/\n_version.py\n.env\n"),)


@pytest.mark.parametrize("path", ["/p/main.py", "/p/a b/ü.py", "/p/.env", "/p/pyproject.toml", "/p/__init__.py"])
def test_code_and_settings_call_for_a_restart(path: str) -> None:
    assert USUAL.change_of(path, ()) is Change.RESTART


@pytest.mark.parametrize(
    "name",
    [
        ".main.py.swp", "main.py~", ".#main.py", "#main.py#", "4913", "main.pyc", "main.py.orig", "___jb_tmp___",
        "page.html", "style.css", "app.js", "logo.svg", "app.log", "data.sqlite3-journal", "README.md", "py", ".py",
        ".main.py.tmp", "main.py.123456", "env", "flycheck_main.py", "main_flymake.py", "main.py___jb_old___",
    ],
)  # fmt: skip
def test_what_editors_leave_and_what_is_read_at_each_request_does_not(name: str) -> None:
    assert USUAL.change_of(f"/p/{name}", ()) is Change.NOTHING


def test_a_named_file_calls_for_a_restart_whatever_its_name_and_whatever_git_ignores() -> None:
    rules = Rules(named=frozenset({"/p/schema.sql", "/p/_version.py"}))
    assert rules.change_of("/p/schema.sql", ()) is Change.RESTART
    assert rules.change_of("/q/schema.sql", ()) is Change.NOTHING
    assert rules.change_of("/p/_version.py", GITIGNORE) is Change.RESTART
    assert USUAL.change_of("/p/_version.py", GITIGNORE) is Change.NOTHING


def test_the_env_file_counts_though_git_ignores_it() -> None:
    assert USUAL.change_of("/p/.env", GITIGNORE) is Change.RESTART


def test_in_a_folder_that_is_watched_as_a_whole_every_file_counts_but_noise() -> None:
    rules = Rules(whole=frozenset({"/p/conf"}))
    assert rules.change_of("/p/conf/a/b.yml", ()) is Change.RESTART
    assert rules.change_of("/p/config/b.yml", ()) is Change.NOTHING
    noise = ["b.yml~", "x.log", "x.log.1", "x.sqlite3", "x.db-wal", "x.db-journal", ".b.yml.swp", "a.pyc", ".#b.yml"]
    for name in noise:
        assert rules.change_of(f"/p/conf/{name}", ()) is Change.NOTHING


def test_what_the_user_says_is_ignored_is_stronger_than_all() -> None:
    said = parse_ignore_file("/p", "*.py\nfolder\n!generated/")
    rules = Rules(ignored=said, named=frozenset({"/p/main.py"}))
    assert rules.change_of("/p/main.py", ()) is Change.NOTHING
    assert rules.skips("/p/folder", ())
    assert not rules.skips("/p/generated", GITIGNORE)


@pytest.mark.parametrize("name", ["__pycache__", ".git", "node_modules", ".venv", "x.egg-info", ".mypy_cache"])
def test_folders_that_never_matter_are_left_out(name: str) -> None:
    assert USUAL.skips(f"/p/{name}", ())


@pytest.mark.parametrize("name", ["src", "templates", "build", "env", "tests", ".hidden", "git"])
def test_other_folders_are_watched_unless_git_ignores_them(name: str) -> None:
    assert not USUAL.skips(f"/p/{name}", GITIGNORE)
    assert USUAL.skips("/p/generated", GITIGNORE)
