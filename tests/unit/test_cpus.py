"""The CPUs that count are those this process may use."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

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


class Machine:
    """A /proc/self and cgroup trees as files."""

    def __init__(self, folder: Path) -> None:
        self.tree = folder / "sys fs cgroup"
        self.proc_self = folder / "proc"
        self.proc_self.mkdir()

    def belongs_to(self, *memberships: str) -> None:
        (self.proc_self / "cgroup").write_text("".join(f"{line}\n" for line in memberships))

    def mounts(self, kind: str, *, root: str = "/", at: str = "", options: str = "rw") -> None:
        # Spaces are octal in this file.
        point = str(self.tree / at).replace(" ", "\\040")
        with (self.proc_self / "mountinfo").open("a") as file:
            file.write(f"30 23 0:26 {root} {point} rw,nosuid shared:9 - {kind} {kind} {options}\n")

    def limits(self, group: str, **values: str) -> None:
        folder = self.tree / group
        folder.mkdir(parents=True, exist_ok=True)
        for name, value in values.items():
            (folder / name.replace("cpu_", "cpu.", 1)).write_text(f"{value}\n")

    def quota(self) -> float | None:
        return cgroup_quota(self.proc_self)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_quota_of_version_2_is_found_in_the_own_group(machine: Machine) -> None:
    machine.belongs_to("0::/user.slice/app.service")
    machine.mounts("cgroup2")
    machine.limits("user.slice/app.service", cpu_max="150000 100000")
    assert machine.quota() == 1.5


def test_the_smallest_quota_of_the_groups_around_decides(machine: Machine) -> None:
    machine.belongs_to("0::/pod/container/worker")
    machine.mounts("cgroup2")
    machine.limits("pod", cpu_max="200000 100000")
    machine.limits("pod/container", cpu_max="50000 10000")
    machine.limits("pod/container/worker", cpu_max="max 100000")
    assert machine.quota() == 2


def test_version_1_is_read_from_the_hierarchy_of_the_cpu_controller(machine: Machine) -> None:
    machine.belongs_to("5:memory:/elsewhere", "2:cpu,cpuacct:/app", "1:name=systemd:/app", "0::/")
    machine.mounts("cgroup", at="memory", options="rw,memory")
    machine.mounts("cgroup", at="cpu", options="rw,cpu,cpuacct")
    machine.mounts("cgroup2", at="unified")
    machine.limits("cpu/app", cpu_cfs_quota_us="300000", cpu_cfs_period_us="100000")
    machine.limits("cpu", cpu_cfs_quota_us="-1", cpu_cfs_period_us="100000")
    assert machine.quota() == 3


def test_in_a_container_the_mount_begins_at_its_own_group(machine: Machine) -> None:
    machine.belongs_to("2:cpu:/docker/0a1b/inner")
    machine.mounts("cgroup", root="/docker/0a1b", options="rw,cpu")
    machine.limits(".", cpu_cfs_quota_us="100000", cpu_cfs_period_us="100000")
    machine.limits("inner", cpu_cfs_quota_us="-1", cpu_cfs_period_us="100000")
    assert machine.quota() == 1


@pytest.mark.parametrize("path", ["/../../outside", "/somewhere/else"])
def test_a_group_that_is_not_mounted_here_is_judged_by_the_top_that_is(machine: Machine, path: str) -> None:
    machine.belongs_to(f"0::{path}")
    machine.mounts("cgroup2", root="/docker/0a1b")
    machine.limits(".", cpu_max="200000 100000")
    assert machine.quota() == 2


@pytest.mark.parametrize("content", ["max 100000", "", "noise", "1 2 3", "100000 0"])
def test_what_sets_no_limit_is_passed_over(machine: Machine, content: str) -> None:
    machine.belongs_to("0::/")
    machine.mounts("cgroup2")
    machine.limits(".", cpu_max=content)
    assert machine.quota() is None


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
