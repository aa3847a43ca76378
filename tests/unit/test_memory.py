"""What the kernel says of memory, in both versions of cgroups."""

import os
from pathlib import Path

import pytest
from support.machine_files import MachineFiles

from tornado_cli.system.memory import memory_left, oom_kills, proportional_bytes, resident_bytes

MIB = 1024 * 1024
V1 = "oom_kill_disable 0\nunder_oom 0\noom_kill 3"
V2 = "low 0\nhigh 0\nmax 12\noom 4\noom_kill 2\noom_group_kill 0"


@pytest.fixture
def machine(tmp_path: Path) -> MachineFiles:
    return MachineFiles(tmp_path)


def test_kills_are_counted_by_version_2(machine: MachineFiles) -> None:
    machine.belongs_to("0::/app")
    machine.mounts("cgroup2")
    machine.says("app", memory__events=V2)
    assert oom_kills(machine.proc_self) == 2


@pytest.mark.parametrize("group", ["/app", "/a:b"])
def test_kills_are_counted_by_version_1_beside_an_empty_version_2(machine: MachineFiles, group: str) -> None:
    machine.belongs_to(f"4:memory:{group}", "0::/")
    machine.mounts("cgroup", at="memory", options="rw,memory")
    machine.mounts("cgroup2", at="unified")
    machine.says(f"memory{group}", memory__oom_control=V1)
    machine.says("memory", memory__oom_control="oom_kill 99")
    assert oom_kills(machine.proc_self) == 3


def test_in_a_container_the_own_group_is_mounted_as_the_root(machine: MachineFiles) -> None:
    machine.belongs_to("4:memory:/docker/0123")
    machine.mounts("cgroup", root="/docker/0123", options="rw,memory")
    machine.says(".", memory__oom_control=V1)
    assert oom_kills(machine.proc_self) == 3


def test_where_the_kernel_says_nothing_nobody_was_killed(machine: MachineFiles, tmp_path: Path) -> None:
    assert oom_kills(tmp_path / "nowhere") == 0
    machine.belongs_to("3:cpu:/app", "4:memory:/app")
    machine.mounts("cgroup", at="memory", options="rw,memory")
    assert oom_kills(machine.proc_self) == 0
    machine.says("memory/app", memory__oom_control="oom_kill_disable 0")
    assert oom_kills(machine.proc_self) == 0


def version_2(machine: MachineFiles, group: str, **sizes: str) -> None:
    texts = {"current": str(100 * MIB), "max": "max", "high": "max", **sizes}
    stat = texts.pop("stat", "anon 5\ninactive_file 0\nactive_file 7")
    machine.says(group, memory__stat=stat, **{f"memory__{name}": text for name, text in texts.items()})


@pytest.mark.parametrize(
    ("sizes", "left"),
    [
        ({}, None),
        ({"max": str(150 * MIB)}, 50 * MIB),
        ({"max": str(150 * MIB), "high": str(120 * MIB)}, 20 * MIB),
        ({"high": str(120 * MIB)}, 20 * MIB),
        ({"max": str(150 * MIB), "stat": f"inactive_file {30 * MIB}"}, 80 * MIB),
        ({"max": str(50 * MIB)}, 0),
        ({"max": str(150 * MIB), "stat": ""}, 50 * MIB),
        ({"max": str(150 * MIB), "current": ""}, None),
        ({"max": "noise"}, None),
    ],
)
def test_what_is_left_is_the_limit_less_what_is_in_use(
    machine: MachineFiles, sizes: dict[str, str], left: int | None
) -> None:
    machine.belongs_to("0::/app")
    machine.mounts("cgroup2")
    version_2(machine, "app", **sizes)
    assert memory_left(machine.proc_self) == left


def test_the_group_with_the_least_left_decides_wherever_it_is(machine: MachineFiles) -> None:
    machine.belongs_to("0::/pod/container/app")
    machine.mounts("cgroup2")
    version_2(machine, "pod/container/app")
    version_2(machine, "pod/container", max=str(500 * MIB), current=str(200 * MIB))
    version_2(machine, "pod", max=str(600 * MIB), current=str(550 * MIB))
    assert memory_left(machine.proc_self) == 50 * MIB


@pytest.mark.parametrize(("limit", "left"), [(150 * MIB, 60 * MIB), (9223372036854771712, None)])
def test_version_1_has_other_names_and_a_number_for_no_limit(
    machine: MachineFiles, limit: int, left: int | None
) -> None:
    machine.belongs_to("4:memory:/app", "0::/")
    machine.mounts("cgroup", at="memory", options="rw,memory")
    machine.mounts("cgroup2", at="unified")
    machine.says(
        "memory/app",
        memory__limit_in_bytes=str(limit),
        memory__usage_in_bytes=str(100 * MIB),
        memory__stat=f"inactive_file 1\ntotal_inactive_file {10 * MIB}",
    )
    assert memory_left(machine.proc_self) == left


def test_a_system_without_cgroups_has_no_limit(tmp_path: Path) -> None:
    assert memory_left(tmp_path) is None


@pytest.mark.outside("linux")
def test_a_process_uses_memory_and_one_that_has_ended_none() -> None:
    assert 0 < proportional_bytes(os.getpid()) <= resident_bytes(os.getpid()) * 1.1
    gone = 2**22 + 1
    assert (proportional_bytes(gone), resident_bytes(gone)) == (0, 0)


def test_a_name_that_is_no_text_is_read_all_the_same(machine: MachineFiles) -> None:
    machine.belongs_to("0::/app")
    (machine.proc_self / "mountinfo").write_bytes(b"29 23 0:25 / /mnt/caf\xe9 rw shared:9 - ext4 /dev/sda1 rw\n")
    machine.mounts("cgroup2")
    version_2(machine, "app", max=str(101 * MIB))
    assert memory_left(machine.proc_self) == MIB
