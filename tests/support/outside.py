"""What tests want of the machine beyond Python: skipped by name where it is missing, a failure where all is asked for.

@pytest.mark.outside("curl")
@pytest.mark.outside("root", "cgroup memory")
@pytest.mark.thorough

What is thorough (a scanner, a browser, a load of minutes, one more variant of what has its server) is run where all is
asked for, or by TCLI_THOROUGH=1.
"""

import functools
import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from support.cgroups import CONTROLLERS, may_limit

SSLYZE = Path(__file__).parents[2] / "build/sslyze/bin/sslyze"
"""Installed beside us by .ci/run: it wants older libraries."""
REQUIRE_ALL = "TCLI_REQUIRE_ALL"
THOROUGH = "TCLI_THOROUGH"


def _may_mount() -> bool:
    """Try it where nobody else sees it: a container may forbid it to root, too."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", folder]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _may_limit_watches() -> bool:
    """Ask a user namespace of its own, whose limits are its own."""
    command = ["unshare", "--user", "--map-root-user", "test", "-w", "/proc/sys/user/max_inotify_watches"]
    return shutil.which("unshare") is not None and subprocess.run(command, check=False).returncode == 0


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


NGINX_STREAM = Path("/usr/lib/nginx/modules/ngx_stream_module.so")
# What whoever sets up the machine can install or grant. Anything else is a program on PATH.
_CONDITIONS: dict[str, Callable[[], bool]] = {
    "root": lambda: os.geteuid() == 0,
    "linux": Path("/proc/self").is_dir,
    "mounts": _may_mount,
    "nginx stream": NGINX_STREAM.exists,
    "sslyze": SSLYZE.is_file,
    "uvloop": lambda: importlib.util.find_spec("uvloop") is not None,
}
# What a machine is or is not: to ask for it would fail there for ever.
_FACTS: dict[str, Callable[[], bool]] = {
    "IPv6": _has_ipv6,
    "/dev/fuse": Path("/dev/fuse").exists,
    "limits of watches": _may_limit_watches,
    **{f"cgroup {controller}": functools.partial(may_limit, controller) for controller in CONTROLLERS},
}


@functools.cache
def is_there(name: str) -> bool:
    condition = _CONDITIONS.get(name) or _FACTS.get(name)
    return condition() if condition else shutil.which(name) is not None


def require(name: str) -> None:
    """Skip the test that runs where `name` is missing; fail it under TCLI_REQUIRE_ALL=1 if it could be had."""
    if is_there(name):
        return
    if name not in _FACTS and os.environ.get(REQUIRE_ALL) == "1":
        pytest.fail(f"{name} is missing, and {REQUIRE_ALL}=1 asks for everything", pytrace=False)
    pytest.skip(f"outside: {name} is missing")


def is_thorough() -> bool:
    """Say whether tests that take their time are wanted: an explicit word goes before asking for everything."""
    return os.environ.get(THOROUGH, os.environ.get(REQUIRE_ALL, "0")) == "1"


def require_marked(item: pytest.Item) -> None:
    """Do so for each mark of a test."""
    if item.get_closest_marker("thorough") and not is_thorough():
        pytest.skip(f"outside: time is missing: {THOROUGH}=1 runs the thorough tests, too")
    for mark in item.iter_markers("outside"):
        for name in mark.args:
            require(name)
