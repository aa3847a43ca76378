import errno
import os
import signal
import threading
from pathlib import Path, PurePosixPath

import pytest
from support.small_disk import small_disk

from tornado_cli.files.folder import Folder, NewFile
from tornado_cli.files.merge import write_into
from tornado_cli.files.obstacles import BlockedError, Existing, arrival
from tornado_cli.files.refusals import CannotWriteError, StoppedError

TREE = [
    NewFile(path=PurePosixPath("README"), content=b"new"),
    NewFile(path=PurePosixPath("a/b/c.py"), content=b"code"),
    NewFile(path=PurePosixPath("a/d.py"), content=b"more"),
]


def contents_of(folder: Path) -> dict[str, bytes | None]:
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def write(target: Path, existing: Existing = Existing.SET_ASIDE) -> None:
    write_into(target, arrival(target, TREE, existing))


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A folder with a file in the way, and with files that are not."""
    folder = tmp_path / "shop"
    (folder / "a").mkdir(parents=True)
    (folder / "README").write_bytes(b"mine")
    (folder / "a/mine").write_bytes(b"also mine")
    return folder


def test_what_is_in_the_way_is_set_aside(target: Path) -> None:
    write(target)
    assert contents_of(target) == {
        "README": b"new",
        "README.orig": b"mine",
        "a": None,
        "a/b": None,
        "a/b/c.py": b"code",
        "a/d.py": b"more",
        "a/mine": b"also mine",
    }


def test_what_is_in_the_way_is_left(target: Path) -> None:
    write(target, Existing.LEFT)
    assert (target / "README").read_bytes() == b"mine"
    assert (target / "a/b/c.py").read_bytes() == b"code"
    assert not (target / "README.orig").exists()


def test_the_second_time_nothing_is_to_be_done(target: Path) -> None:
    write(target)
    before = contents_of(target)
    again = arrival(target, TREE, Existing.SET_ASIDE)
    assert (again.files, again.set_aside) == ([], {})
    write(target)
    assert contents_of(target) == before


def test_what_was_set_aside_before_stays(target: Path) -> None:
    (target / "README.orig").write_bytes(b"older")
    write(target)
    assert [(target / name).read_bytes() for name in ("README.orig", "README.orig2")] == [b"older", b"mine"]


def test_a_file_that_is_a_link_is_set_aside_and_not_followed(target: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"theirs")
    (target / "README").unlink()
    (target / "README").symlink_to(tmp_path / "elsewhere")
    write(target)
    assert (tmp_path / "elsewhere").read_bytes() == b"theirs"
    assert (target / "README.orig").is_symlink()
    assert not (target / "README").is_symlink()


@pytest.mark.parametrize("name", ["a", "a/b", "a/d.py"])
def test_where_no_file_can_come_nothing_is_written(target: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (target / "a/mine").unlink()
    if name == "a":
        (target / "a").rmdir()
        (target / "a").symlink_to(tmp_path / "elsewhere")
    elif name == "a/b":
        (target / "a/b").write_bytes(b"mine")
    else:
        (target / "a/d.py").mkdir()
    before = contents_of(tmp_path)
    with pytest.raises(BlockedError, match=name):
        write(target)
    assert contents_of(tmp_path) == before


def test_a_folder_that_becomes_a_link_leads_nowhere_else(target: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    decided = arrival(target, TREE, Existing.SET_ASIDE)
    (target / "a").rename(target / "before")
    (target / "a").symlink_to(tmp_path / "elsewhere")
    before = contents_of(tmp_path)
    with pytest.raises(CannotWriteError):
        write_into(target, decided)
    assert contents_of(tmp_path) == before


def test_a_target_that_is_a_link_is_not_followed(target: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(target)
    before = contents_of(target)
    with pytest.raises(BlockedError, match="a link"):
        write(tmp_path / "link")
    with pytest.raises(CannotWriteError):
        write_into(tmp_path / "link", arrival(target, TREE, Existing.SET_ASIDE))
    assert contents_of(target) == before


@pytest.mark.parametrize("moment", range(1, 5))
def test_an_error_at_any_move_undoes_all(target: Path, monkeypatch: pytest.MonkeyPatch, moment: int) -> None:
    moved = Folder.move
    moves = []

    def failing(self: Folder, old: str, new: str, source: Folder | None = None) -> None:
        moves.append(new)
        if len(moves) == moment:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        moved(self, old, new, source)

    before = contents_of(target)
    monkeypatch.setattr(Folder, "move", failing)
    with pytest.raises(CannotWriteError, match="Input/output error"):
        write(target)
    assert contents_of(target) == before


def test_a_signal_undoes_all(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = Folder.move

    def interrupted(self: Folder, old: str, new: str, source: Folder | None = None) -> None:
        moved(self, old, new, source)
        if new == "README":
            signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

    before = contents_of(target)
    heard: list[int] = []
    handler = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    monkeypatch.setattr(Folder, "move", interrupted)
    try:
        with pytest.raises(StoppedError):
            write(target)
    finally:
        signal.signal(signal.SIGTERM, handler)
    assert heard == [signal.SIGTERM]
    assert contents_of(target) == before


@pytest.mark.parametrize("missing", ["descriptors", "exclusive rename"])
def test_a_system_without_it_does_the_same(target: Path, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    if missing == "descriptors":
        monkeypatch.setattr("tornado_cli.files.folder.HAS_DESCRIPTORS", False)
    else:
        monkeypatch.setattr("tornado_cli.files.folder.RENAME_NEW", {})
    write(target)
    assert (target / "README.orig").read_bytes() == b"mine"
    assert (target / "a/b/c.py").read_bytes() == b"code"


@pytest.mark.outside("mounts")
def test_a_full_disk_is_left_as_it_was(tmp_path: Path) -> None:
    with small_disk(tmp_path):
        (tmp_path / "shop").mkdir()
        (tmp_path / "shop/README").write_bytes(b"mine")
        before = contents_of(tmp_path)
        big = [*TREE, *(NewFile(path=PurePosixPath(f"big/{n}"), content=b"x" * 20_000) for n in range(5))]
        with pytest.raises(CannotWriteError, match="No space left on device"):
            write_into(tmp_path / "shop", arrival(tmp_path / "shop", big, Existing.SET_ASIDE))
        assert contents_of(tmp_path) == before
