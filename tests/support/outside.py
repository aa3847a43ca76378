"""What tests want of the machine beyond Python: skipped by name where it is missing, a failure where all is asked for.

@pytest.mark.outside("curl")
@pytest.mark.outside("root")
"""

import os
import shutil
from collections.abc import Callable

import pytest

REQUIRE_ALL = "TCLI_REQUIRE_ALL"
# Anything else is a program on PATH.
_CONDITIONS: dict[str, Callable[[], bool]] = {
    "root": lambda: os.geteuid() == 0,
    "not root": lambda: os.geteuid() != 0,
    "linux": lambda: os.path.isdir("/proc/self"),  # noqa: PTH112 - not a file of anybody's.
}


def is_there(name: str) -> bool:
    condition = _CONDITIONS.get(name)
    return condition() if condition else shutil.which(name) is not None


def require(name: str) -> None:
    """Skip the test that runs where `name` is missing, or fail it under TCLI_REQUIRE_ALL=1."""
    if is_there(name):
        return
    if os.environ.get(REQUIRE_ALL) == "1":
        pytest.fail(f"{name} is missing, and {REQUIRE_ALL}=1 asks for everything", pytrace=False)
    pytest.skip(f"outside: {name} is missing")


def require_marked(item: pytest.Item) -> None:
    """Do so for each mark of a test."""
    for mark in item.iter_markers("outside"):
        for name in mark.args:
            require(name)
