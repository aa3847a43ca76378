"""Folders that an application serves from: what is edited there is told, once it is."""

import os
import select
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.project import save, write

from tornado_cli.serve.watching.served import ServedFiles

_DEADLINE = 10.0


@pytest.fixture
def served() -> Iterator[ServedFiles]:
    files = ServedFiles(None, lambda *_: None, interval=0.05, always_polls=False)
    yield files
    files.stop()


def told(served: ServedFiles) -> set[str]:
    """Return the names of what is edited next."""
    while True:
        due = served.changes.due()
        left = _DEADLINE if due is None else max(0.0, due - time.monotonic())
        assert select.select([served.changes], [], [], left)[0] or due is not None
        names = {Path(path).name for path in served.take()}
        if names:
            return names


def test_what_git_leaves_out_is_served_and_told_all_the_same(served: ServedFiles, tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "dist/\n", ".git/HEAD": "", "static/dist/app.css": "", "static/a.css": ""})
    served.watch([str(tmp_path / "static")], 0)
    served.take()
    save(tmp_path / "static/dist/app.css", "p {}")
    assert "app.css" in told(served)


def test_what_was_edited_before_anybody_watched_is_told(served: ServedFiles, tmp_path: Path) -> None:
    write(tmp_path, {"templates/old.html": "", "templates/new.html": ""})
    since = (tmp_path / "templates/old.html").stat().st_ctime_ns
    save(tmp_path / "templates/new.html", "new")
    os.utime(tmp_path / "templates/new.html", ns=(since + 10**9, since + 10**9))
    served.watch([str(tmp_path / "templates")], since)
    assert told(served) == {"new.html"}


def test_other_folders_are_watched_instead(served: ServedFiles, tmp_path: Path) -> None:
    write(tmp_path, {"one/a.html": "", "two/b.html": ""})
    long_after = (tmp_path / "two/b.html").stat().st_mtime_ns + 3600 * 10**9
    served.watch([str(tmp_path / "one")], long_after)
    served.watch([str(tmp_path / "two"), str(tmp_path / "missing")], long_after)
    save(tmp_path / "one/a.html", "1")
    save(tmp_path / "two/b.html", "2")
    assert told(served) == {"b.html"}


def test_code_is_the_other_watcher_s(served: ServedFiles, tmp_path: Path) -> None:
    write(tmp_path, {"static/a.py": "", "static/a.js": ""})
    served.watch([str(tmp_path / "static")], (tmp_path / "static/a.js").stat().st_mtime_ns + 3600 * 10**9)
    save(tmp_path / "static/a.py", "1")
    save(tmp_path / "static/a.js", "1")
    assert told(served) == {"a.js"}
