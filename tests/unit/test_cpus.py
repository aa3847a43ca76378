"""The CPUs that count are those this process may use."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.machine_files import MachineFiles

from tornado_cli.system.cpus import CpuCount, cgroup_quota, count_cpus


@pytest.mark.parametrize(
    ("machine", "allowed", "quota", "count", "reason"),
    [
        (8, 8, None, 8, "8 CPUs, all of this machine"),
        (1, 1, None, 1, "1 CPU, all of this machine"),
        (8, 3, None, 3, "3 CPUs of 8: CPU affinity"),
        (8, 1, None, 1, "1 CPU of 8: CPU affinity"),
        (8, 8, 2.0, 2, "2 CPUs of 8: cgroup quota 200 %"),
        (8, 8, 1.5, 2, "2 CPUs of 8: cgroup quota 150 %"),
        (8, 8, 0.1, 1, "1 CPU of 8: cgroup quota 10 %"),
        (8, 2, 4.0, 2, "2 CPUs of 8: CPU affinity"),
        (8, 4, 2.0, 2, "2 CPUs of 8: cgroup quota 200 %"),
        (8, 2, 2.0, 2, "2 CPUs of 8: CPU affinity"),
        (8, 8, 16.0, 8, "8 CPUs, all of this machine"),
        (2, 4, None, 2, "2 CPUs, all of this machine"),
    ],
)
def test_the_narrowest_limit_decides_and_is_named(
    machine: int, allowed: int, quota: float | None, count: int, reason: str
) -> None:
    assert count_cpus(machine=machine, allowed=allowed, quota=quota) == CpuCount(count, reason)


@pytest.fixture
def machine(tmp_path: Path) -> MachineFiles:
    return MachineFiles(tmp_path)


def test_a_quota_of_version_2_is_found_in_the_own_group(machine: MachineFiles) -> None:
    machine.belongs_to("0::/user.slice/app.service")
    machine.mounts("cgroup2")
    machine.says("user.slice/app.service", cpu__max="150000 100000")
    assert cgroup_quota(machine.proc_self) == 1.5


def test_the_smallest_quota_of_the_groups_around_decides(machine: MachineFiles) -> None:
    machine.belongs_to("0::/pod/container/worker")
    machine.mounts("cgroup2")
    machine.says("pod", cpu__max="200000 100000")
    machine.says("pod/container", cpu__max="50000 10000")
    machine.says("pod/container/worker", cpu__max="max 100000")
    assert cgroup_quota(machine.proc_self) == 2


def test_version_1_is_read_from_the_hierarchy_of_the_cpu_controller(machine: MachineFiles) -> None:
    machine.belongs_to("5:memory:/elsewhere", "2:cpu,cpuacct:/app", "1:name=systemd:/app", "0::/")
    machine.mounts("cgroup", at="memory", options="rw,memory")
    machine.mounts("cgroup", at="cpu", options="rw,cpu,cpuacct")
    machine.mounts("cgroup2", at="unified")
    machine.says("cpu/app", cpu__cfs_quota_us="300000", cpu__cfs_period_us="100000")
    machine.says("cpu", cpu__cfs_quota_us="-1", cpu__cfs_period_us="100000")
    assert cgroup_quota(machine.proc_self) == 3


def test_in_a_container_the_mount_begins_at_its_own_group(machine: MachineFiles) -> None:
    machine.belongs_to("2:cpu:/docker/0a1b/inner")
    machine.mounts("cgroup", root="/docker/0a1b", options="rw,cpu")
    machine.says(".", cpu__cfs_quota_us="100000", cpu__cfs_period_us="100000")
    machine.says("inner", cpu__cfs_quota_us="-1", cpu__cfs_period_us="100000")
    assert cgroup_quota(machine.proc_self) == 1


@pytest.mark.parametrize("path", ["/../../outside", "/somewhere/else"])
def test_a_group_that_is_not_mounted_here_is_judged_by_the_top_that_is(machine: MachineFiles, path: str) -> None:
    machine.belongs_to(f"0::{path}")
    machine.mounts("cgroup2", root="/docker/0a1b")
    machine.says(".", cpu__max="200000 100000")
    assert cgroup_quota(machine.proc_self) == 2


@pytest.mark.parametrize("content", ["max 100000", "", "noise", "1 2 3", "100000 0"])
def test_what_sets_no_limit_is_passed_over(machine: MachineFiles, content: str) -> None:
    machine.belongs_to("0::/")
    machine.mounts("cgroup2")
    machine.says(".", cpu__max=content)
    assert cgroup_quota(machine.proc_self) is None


def test_a_system_without_cgroups_has_no_quota(tmp_path: Path) -> None:
    assert cgroup_quota(tmp_path) is None


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system knows no CPU affinity")
def test_a_process_held_to_one_cpu_counts_one() -> None:
    program = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from tornado_cli.system.cpus import usable_cpus; print(usable_cpus().count)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "1\n"
