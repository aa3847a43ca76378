"""Listening on a path: what may stand there, and what is left there."""

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tornado_cli.system.addresses import ListenError
from tornado_cli.system.unix_listeners import LONGEST_PATH, SocketFile, open_unix_listener

BACKLOG = 16


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name: pytest's own may be longer than a socket's path can be."""
    with tempfile.TemporaryDirectory(prefix="tcli") as name:
        yield Path(name)


def opened(stack: ExitStack, path: Path) -> SocketFile:
    listener, file = open_unix_listener(path, BACKLOG)
    stack.enter_context(listener)
    return file


def leave_stale(path: Path, kind: int = socket.SOCK_STREAM) -> None:
    with socket.socket(socket.AF_UNIX, kind) as gone:
        gone.bind(str(path))


def is_answered(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except ConnectionRefusedError:
            return False
        return True


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o755), (0o007, 0o770), (0o077, 0o700)])
def test_a_socket_has_the_permissions_that_the_umask_leaves(
    stack: ExitStack, folder: Path, mask: int, mode: int
) -> None:
    stack.callback(os.umask, os.umask(mask))
    opened(stack, folder / "app.sock")
    assert is_answered(folder / "app.sock")
    assert (folder / "app.sock").stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_socket_that_refuses_is_replaced(stack: ExitStack, folder: Path, kind: int) -> None:
    leave_stale(folder / "app.sock", kind)
    opened(stack, folder / "app.sock")
    assert is_answered(folder / "app.sock")


def test_a_socket_that_is_served_stays_and_its_server_is_named(stack: ExitStack, folder: Path) -> None:
    path = folder / "app.sock"
    first = opened(stack, path)
    with pytest.raises(ListenError, match=f"{path} is taken"):
        open_unix_listener(path, BACKLOG)
    assert first.is_there()
    assert is_answered(path)


def test_a_socket_whose_server_is_too_busy_to_answer_stays(stack: ExitStack, folder: Path) -> None:
    path = folder / "app.sock"
    busy = stack.enter_context(socket.socket(socket.AF_UNIX))
    busy.bind(str(path))
    busy.listen(0)
    stack.enter_context(socket.socket(socket.AF_UNIX)).connect(str(path))
    with pytest.raises(ListenError, match="is taken"):
        open_unix_listener(path, BACKLOG)
    assert path.is_socket()


def test_a_socket_of_another_kind_that_is_in_use_stays(stack: ExitStack, folder: Path) -> None:
    path = folder / "app.sock"
    stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)).bind(str(path))
    with pytest.raises(ListenError, match="is taken"):
        open_unix_listener(path, BACKLOG)
    assert path.is_socket()


def a_file(path: Path) -> None:
    path.write_text("precious")


def a_link(path: Path) -> None:
    leave_stale(path.with_name("other.sock"))
    path.symlink_to("other.sock")


@pytest.mark.parametrize("kind", [a_file, Path.mkdir, a_link, os.mkfifo], ids=["file", "folder", "link", "pipe"])
def test_anything_that_is_no_socket_stays_as_it_is(folder: Path, kind: Callable[[Path], None]) -> None:
    path = folder / "app.sock"
    kind(path)
    before = path.lstat()
    with pytest.raises(ListenError, match=r"is a (file|folder|link), not a socket") as caught:
        open_unix_listener(path, BACKLOG)
    assert "another path" in caught.value.hint
    assert path.lstat() == before


def test_a_folder_that_is_missing_is_told_with_the_command_that_makes_it(folder: Path) -> None:
    with pytest.raises(ListenError, match="There is no folder") as caught:
        open_unix_listener(folder / "run" / "app.sock", BACKLOG)
    assert caught.value.hint == f"mkdir -p {folder / 'run'}"


def test_a_folder_that_is_a_file_is_told(folder: Path) -> None:
    a_file(folder / "run")
    with pytest.raises(ListenError, match="run is no folder"):
        open_unix_listener(folder / "run" / "app.sock", BACKLOG)


@pytest.mark.outside("root")
def test_a_folder_of_somebody_else_is_told(folder: Path) -> None:
    folder.chmod(0o755)
    os.seteuid(65534)
    try:
        with pytest.raises(ListenError, match="may not make a socket in"):
            open_unix_listener(folder / "app.sock", BACKLOG)
    finally:
        os.seteuid(0)


def test_a_path_may_be_as_long_as_the_system_allows_and_no_longer(stack: ExitStack, folder: Path) -> None:
    room = LONGEST_PATH - len(os.fsencode(folder)) - 1
    opened(stack, folder / ("x" * room))
    # Bytes count, not characters.
    for name in ("x" * (room + 1), "ü" * (room // 2 + 1)):
        with pytest.raises(ListenError, match=f"at most {LONGEST_PATH} bytes"):
            open_unix_listener(folder / name, BACKLOG)


def test_our_file_is_removed_though_its_owner_or_mode_was_changed(stack: ExitStack, folder: Path) -> None:
    file = opened(stack, folder / "app.sock")
    (folder / "app.sock").chmod(0o600)
    assert file.is_there()
    file.remove()
    assert not (folder / "app.sock").exists()


def test_a_file_that_another_has_put_in_its_place_stays(stack: ExitStack, folder: Path) -> None:
    path = folder / "app.sock"
    listener, file = open_unix_listener(path, BACKLOG)
    listener.close()
    # The inode is free now, and may well be used again.
    theirs = opened(stack, path)
    file.remove()
    assert theirs.is_there()


def test_what_has_gone_already_need_not_be_removed(stack: ExitStack, folder: Path) -> None:
    file = opened(stack, folder / "run.sock")
    shutil.rmtree(folder)
    assert not file.is_there()
    file.remove()
    folder.mkdir()
