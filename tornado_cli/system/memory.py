"""What the kernel says of memory: who was killed for want of it."""

from pathlib import Path

_EVENTS = ("memory.events", "memory.oom_control")
_MOUNTS = (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/memory"))


def oom_kills(proc_self: Path = Path("/proc/self")) -> int:
    """Return how many processes of this one's cgroup the kernel has killed for want of memory; 0 where it says nothing.

    cgroup v2 counts in memory.events, v1 in memory.oom_control.
    """
    return sum(_count(folder / name) for folder in _folders(proc_self) for name in _EVENTS)


def _folders(proc_self: Path) -> list[Path]:
    try:
        lines = (proc_self / "cgroup").read_text().splitlines()
    except OSError:
        return []
    paths = [path for _, controllers, path in (line.split(":", 2) for line in lines) if controllers in {"", "memory"}]
    # Inside a container its own cgroup is mounted as the root.
    return list({mount / part for mount in _MOUNTS for path in paths for part in (path.lstrip("/"), "")})


def _count(file: Path) -> int:
    try:
        words = [line.split() for line in file.read_text().splitlines()]
    except OSError:
        return 0
    return sum(int(value) for name, value in words if name == "oom_kill")
