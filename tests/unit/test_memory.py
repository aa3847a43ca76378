"""Kernel counts of those who were killed for want of memory, in both versions of cgroups."""

from pathlib import Path

import pytest

from tornado_cli.system import memory
from tornado_cli.system.memory import oom_kills

V1 = "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"
V2 = "low 0\nhigh 0\nmax 12\noom 4\noom_kill 2\noom_group_kill 0\n"


def processes(folder: Path, cgroup: str) -> Path:
    (folder / "self").mkdir()
    (folder / "self" / "cgroup").write_text(cgroup)
    return folder / "self"


@pytest.mark.parametrize(
    ("cgroup", "file", "text", "count"),
    [
        ("0::/app\n", "app/memory.events", V2, 2),
        ("4:memory:/app\n0::/\n", "memory/app/memory.oom_control", V1, 3),
        # In a container its own group is mounted as the root.
        ("4:memory:/docker/0123\n", "memory/memory.oom_control", V1, 3),
        ("4:memory:/app\n", "memory/app/memory.oom_control", "oom_kill_disable 0\n", 0),
        ("3:cpu:/app\n", "memory/app/memory.oom_control", V1, 0),
        ("4:memory:/a:b\n", "memory/a:b/memory.oom_control", V1, 3),
    ],
    ids=["v2", "v1", "container", "old kernel", "no memory controller", "a colon in its name"],
)
def test_kills_are_counted_where_the_kernel_tells_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cgroup: str, file: str, text: str, count: int
) -> None:
    mount = tmp_path / "cgroup"
    (mount / file).parent.mkdir(parents=True)
    (mount / file).write_text(text)
    monkeypatch.setattr(memory, "_MOUNTS", (mount, mount / "memory"))
    assert oom_kills(processes(tmp_path, cgroup)) == count


def test_where_the_kernel_says_nothing_nobody_was_killed(tmp_path: Path) -> None:
    assert oom_kills(tmp_path / "nowhere") == 0
