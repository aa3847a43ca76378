import errno
import os
import resource
import signal
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import pytest
from support.small_disk import small_disk

from tornado_cli.files.folder import Folder, NewFile
from tornado_cli.files.refusals import CannotWriteError, StoppedError, TargetExistsError
from tornado_cli.files.signals import signals_held
from tornado_cli.files.whole import build, write_folder

TREE = [
    NewFile(path=PurePosixPath("README"), content=b"read"),
    NewFile(path=PurePosixPath("a/b/c.py"), content=b"code"),
    NewFile(path=PurePosixPath("a/empty"), content=b""),
    NewFile(path=PurePosixPath(".env"), content=b"secret", mode=0o600),
    NewFile(path=PurePosixPath("run"), content=b"#!", mode=0o755),
]


def contents_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def raising(number: signal.Signals, check: Callable[[], None]) -> Callable[[], None]:
    def raise_and_check() -> None:
        signal.pthread_kill(threading.get_ident(), number)
        check()

    return raise_and_check


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def test_a_folder_is_written_whole(tmp_path: Path) -> None:
    write_folder(tmp_path / "shop", TREE)
    assert contents_of(tmp_path / "shop") == {str(file.path): file.content for file in TREE}
    assert names_in(tmp_path) == ["shop"]


@pytest.mark.parametrize(
    ("mask", "modes"),
    [
        (0o022, {"": 0o755, "a": 0o755, "README": 0o644, ".env": 0o600, "run": 0o755}),
        (0o077, {"": 0o700, "a": 0o700, "README": 0o600, ".env": 0o600, "run": 0o700}),
        (0o000, {"": 0o777, "a": 0o777, "README": 0o644, ".env": 0o600, "run": 0o755}),
    ],
)
def test_modes_are_what_was_asked_for_less_the_umask(tmp_path: Path, mask: int, modes: dict[str, int]) -> None:
    with umask(mask):
        write_folder(tmp_path / "shop", TREE)
    assert {name: mode_of(tmp_path / "shop" / name) for name in modes} == modes


def test_a_file_of_that_name_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("mine")
    with pytest.raises(TargetExistsError, match="a file"):
        write_folder(tmp_path / "shop", TREE)
    assert contents_of(tmp_path) == {"shop": b"mine"}


@pytest.mark.parametrize("content", [[], ["mine"]])
def test_a_folder_of_that_name_is_not_touched(tmp_path: Path, content: list[str]) -> None:
    (tmp_path / "shop").mkdir()
    for name in content:
        (tmp_path / "shop" / name).touch()
    with pytest.raises(TargetExistsError, match="a folder"):
        write_folder(tmp_path / "shop", TREE)
    assert names_in(tmp_path) == ["shop"]
    assert names_in(tmp_path / "shop") == content


@pytest.mark.parametrize("exists", [True, False])
def test_nothing_is_written_through_a_link(tmp_path: Path, exists: bool) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    if exists:
        outside.mkdir()
    (inside / "shop").symlink_to(outside)
    with pytest.raises(TargetExistsError, match="a link"):
        write_folder(inside / "shop", TREE)
    assert names_in(inside) == ["shop"]
    assert contents_of(tmp_path) == {}


def test_a_name_taken_at_the_last_moment_stays_with_its_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "shop"
    monkeypatch.setattr(os.path, "lexists", lambda _: False)
    target.mkdir()
    inode = target.stat().st_ino
    with pytest.raises(TargetExistsError):
        write_folder(target, TREE)
    assert target.stat().st_ino == inode
    assert names_in(tmp_path) == ["shop"]


@pytest.mark.parametrize("taken", [False, True])
def test_a_system_without_exclusive_rename_still_replaces_no_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: bool
) -> None:
    monkeypatch.setattr("tornado_cli.files.folder.RENAME_NEW", {})
    if taken:
        (tmp_path / "shop").mkdir()
        with pytest.raises(TargetExistsError):
            write_folder(tmp_path / "shop", TREE)
    else:
        write_folder(tmp_path / "shop", TREE)
    assert names_in(tmp_path) == ["shop"]


@pytest.mark.parametrize("call", ["syncfs", "fsync"])
def test_what_the_disk_could_not_take_at_the_end_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    flushed: list[str] = []

    def no_room(_self: Folder, name: str = "") -> bool:
        flushed.append(name)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    if call == "fsync":
        monkeypatch.setattr(Folder, "flush_file_system", lambda _self: False)
    monkeypatch.setattr(Folder, "flush_file_system" if call == "syncfs" else "flush", no_room)
    with pytest.raises(CannotWriteError, match="Input/output error"):
        write_folder(tmp_path / "shop", TREE)
    assert len(flushed) == 1
    assert names_in(tmp_path) == []


def test_a_system_that_cannot_flush_at_once_flushes_each_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flush = Folder.flush
    flushed: list[str] = []

    def counted(self: Folder, name: str = ".") -> None:
        flushed.append(name)
        flush(self, name)

    monkeypatch.setattr(Folder, "flush_file_system", lambda _self: False)
    monkeypatch.setattr(Folder, "flush", counted)
    write_folder(tmp_path / "shop", TREE)
    assert flushed == [*(str(file.path) for file in TREE), "a", "a/b", ".", "."]


def test_a_system_without_folder_descriptors_does_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tornado_cli.files.folder.HAS_DESCRIPTORS", False)
    write_folder(tmp_path / "shop", TREE)
    assert contents_of(tmp_path / "shop") == {str(file.path): file.content for file in TREE}
    with pytest.raises(TargetExistsError):
        write_folder(tmp_path / "shop", TREE)
    assert names_in(tmp_path) == ["shop"]


def test_a_parent_that_becomes_a_link_leads_nowhere_else(tmp_path: Path) -> None:
    parent, moved, elsewhere = tmp_path / "parent", tmp_path / "moved", tmp_path / "elsewhere"
    parent.mkdir()
    elsewhere.mkdir()

    def swap() -> None:
        if not moved.exists():
            parent.rename(moved)
            parent.symlink_to(elsewhere)

    with Folder(parent) as held:
        build(held, parent / "shop", TREE, swap)
    assert names_in(elsewhere) == []
    assert contents_of(moved / "shop") == {str(file.path): file.content for file in TREE}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_waits_until_the_disk_is_clean(tmp_path: Path, number: signal.Signals) -> None:
    heard: list[list[str]] = []
    before = signal.signal(number, lambda *_: heard.append(names_in(tmp_path)))
    try:
        with pytest.raises(StoppedError), signals_held() as check, Folder(tmp_path) as parent:
            build(parent, tmp_path / "shop", TREE, raising(number, check))
    finally:
        signal.signal(number, before)
    assert heard == [[]]


def test_a_signal_that_was_ignored_stays_ignored(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals_held() as check, Folder(tmp_path) as parent:
            build(parent, tmp_path / "shop", TREE, raising(signal.SIGHUP, check))
    finally:
        signal.signal(signal.SIGHUP, before)
    assert names_in(tmp_path) == ["shop"]


def test_no_folder_to_write_in_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CannotWriteError, match="No such file"):
        write_folder(tmp_path / "nowhere" / "shop", TREE)


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: the same write fails, with another number."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(CannotWriteError, match="File too large"):
            write_folder(tmp_path / "shop", [*TREE, NewFile(path=PurePosixPath("big"), content=b"x" * 2000)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert names_in(tmp_path) == []


@pytest.mark.outside("mounts")
@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ((), "No space left on device"),
        (("nr_inodes=5",), "No space left on device"),
        (("ro",), "Read-only file system"),
    ],
)
def test_a_disk_that_does_not_take_it_is_left_as_it_was(tmp_path: Path, options: tuple[str, ...], problem: str) -> None:
    big = [NewFile(path=PurePosixPath(f"big/{number}"), content=b"x" * 20_000) for number in range(5)]
    with small_disk(tmp_path, *options):
        with pytest.raises(CannotWriteError, match=problem):
            write_folder(tmp_path / "shop", [*TREE, *big])
        assert names_in(tmp_path) == []
