"""An interpreter that is started before anything is imported is as one that `subprocess` starts."""

import json
import os
import signal
from pathlib import Path

import pytest

from tornado_cli.system.children import Child, pidfd_of
from tornado_cli.system.spawn import spawn_interpreter
from tornado_cli.system.wakeup import held_back

PROBE = """
import json, os, signal, sys

end = int(sys.argv[1])
facts = {
    # The list itself is read by one that is closed again.
    "others": [name for name in os.listdir("/dev/fd") if int(name) > 2 and os.path.exists(f"/dev/fd/{name}")],
    "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
    "end": str(end),
    "is_safe": sys.flags.safe_path,
}
os.write(end, json.dumps(facts).encode())
"""


@pytest.fixture
def facts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Start a probe from a process that has a descriptor open for its children, and holds a signal back."""
    (tmp_path / "probe.py").write_text(PROBE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    reader, writer = os.pipe()
    left_open = os.dup(writer)
    os.set_inheritable(left_open, True)
    with held_back(signal.SIGUSR2):
        pid = spawn_interpreter("probe", [str(writer)], descriptor=writer)
    os.close(writer)
    os.close(left_open)
    with os.fdopen(reader, "rb") as answer:
        found: dict[str, object] = json.loads(answer.read())
    child = Child(pid, pidfd_of(pid))
    child.wait()
    child.close()
    return found


def test_it_inherits_one_descriptor_and_no_other(facts: dict[str, object]) -> None:
    assert facts["others"] == [facts["end"]]


def test_ctrl_c_waits_until_it_is_let_in_and_so_does_what_was_held_back(facts: dict[str, object]) -> None:
    assert facts["blocked"] == sorted([signal.SIGINT, signal.SIGUSR2])
    assert facts["is_safe"]
