"""`tcli new` where the machine or somebody on it is against it: the whole project or nothing, and nothing elsewhere."""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

NEW = [sys.executable, "-m", "tornado_cli", "new"]
# What root may do, nobody else may; then a mode means what it says.
UNPRIVILEGED = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60
    )


def everything_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@contextmanager
def of_mode(folder: Path, mode: int) -> Iterator[None]:
    folder.chmod(mode)
    try:
        yield
    finally:
        folder.chmod(0o755)


@pytest.mark.outside("setpriv")
@pytest.mark.parametrize("mode", [0o555, 0o666, 0o000])
@pytest.mark.parametrize("is_there", [True, False])
def test_a_folder_that_may_not_be_written_in_or_entered_stays_as_it_is(
    tmp_path: Path, mode: int, is_there: bool
) -> None:
    parent = tmp_path / "parent"
    target = parent / "shop" if is_there else parent
    target.mkdir(parents=True)
    before = everything_in(tmp_path)
    wanted = "parent/shop" if not is_there else "parent/shop/."
    with of_mode(target, mode):
        done = run([*UNPRIVILEGED, *NEW, wanted, "--no-git", *(["--force"] if is_there else [])], tmp_path)
    assert done.returncode == 1
    assert "Permission denied" in done.stderr
    assert "Traceback" not in done.stderr
    assert everything_in(tmp_path) == before


@pytest.mark.thorough
def test_a_kill_at_any_of_fifty_moments_leaves_the_whole_project_or_none(tmp_path: Path) -> None:
    began = time.monotonic()
    assert run([*NEW, "shop", "--no-git"], tmp_path).returncode == 0
    took = time.monotonic() - began
    whole = everything_in(tmp_path / "shop")
    moments = random.Random(5)
    outcomes = []
    for number in range(50):
        place = tmp_path / str(number)
        place.mkdir()
        with subprocess.Popen([*NEW, "shop", "--no-git"], cwd=place, stdout=subprocess.DEVNULL) as command:
            with suppress(subprocess.TimeoutExpired):
                command.wait(moments.uniform(0, 1.2 * took))
            command.kill()
        left = {path.name for path in place.iterdir()}
        assert all(name == "shop" or name.startswith(".shop.tcli-") for name in left)
        assert "shop" not in left or everything_in(place / "shop") == whole
        outcomes.append("shop" in left)
    # The moments were such as to tell.
    assert {True, False} == set(outcomes)


@pytest.mark.thorough
@pytest.mark.outside("strace")
@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("write:error=EIO:when=3+", "Input/output error"),
        ("syncfs:error=EIO", "Input/output error"),
        ("renameat2:error=EIO", "Input/output error"),
        ("mkdirat:error=ENOSPC", "No space left on device"),
    ],
)
def test_what_the_kernel_refuses_is_told_and_leaves_nothing(tmp_path: Path, fault: str, told: str) -> None:
    traced = fault.partition(":")[0]
    under = ["strace", "-f", "-o", "/dev/null", "-e", f"trace={traced}", "-e", f"inject={fault}"]
    done = run([*under, *NEW, "shop", "--no-git"], tmp_path)
    assert done.returncode == 1
    # Where no write succeeds, no word about it does.
    assert told in done.stderr or fault.startswith("write")
    assert "Traceback" not in done.stderr
    assert everything_in(tmp_path) == set()


@contextmanager
def swapped_for_a_link(folder: Path, pattern: str, elsewhere: Path) -> Iterator[list[str]]:
    """All the time, whatever comes to be there is replaced by a link; tell what was."""
    is_over = threading.Event()
    swapped: list[str] = []

    def swap() -> None:
        while not is_over.is_set():
            for found in folder.glob(pattern):
                with suppress(OSError):
                    if not found.is_symlink():
                        found.rename(folder.parent / f"taken-{len(swapped)}")
                        found.symlink_to(elsewhere)
                        swapped.append(found.name)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield swapped
    finally:
        is_over.set()
        thread.join()


@pytest.mark.thorough
@pytest.mark.parametrize(("pattern", "arguments"), [(".shop.tcli-*/src", []), ("shop/src", ["--force"])])
def test_who_swaps_a_folder_for_a_link_meanwhile_leads_nothing_elsewhere(
    tmp_path: Path, pattern: str, arguments: list[str]
) -> None:
    place, elsewhere = tmp_path / "place", tmp_path / "elsewhere"
    place.mkdir()
    elsewhere.mkdir()
    taken = 0
    for _ in range(3):
        if arguments:
            (place / "shop/src").mkdir(parents=True)
        with swapped_for_a_link(place, pattern, elsewhere) as swapped:
            run([*NEW, "shop", "--no-git", *arguments], place)
        taken += len(swapped)
        assert everything_in(elsewhere) == set()
        for left in place.iterdir():
            left.rename(tmp_path / f"done-{time.monotonic_ns()}")
    assert taken > 0
