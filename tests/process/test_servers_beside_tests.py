"""What tests start beside themselves does not outlive them."""

import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.process_tree import living, wait_until_gone

SESSION = """
import sys
from pathlib import Path
from support.programs import started

started(["sh", "-c", "sleep 1000 & echo here; sleep 1000"], {}, Path(), until=b"here")
print("started", flush=True)
sys.stdin.read()
"""
RABBITMQ = """
import sys
from pathlib import Path
from support.brokers import rabbitmq

with rabbitmq(Path.cwd()):
    print("started", flush=True)
    sys.stdin.read()
"""
BROWSER = """
import sys
from support.browser import Browser

with Browser() as browser, browser.window():
    print("started", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a short name: Chromium has a socket in it, whose path may have 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="tcli-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(SESSION, id="any"),
        pytest.param(RABBITMQ, id="RabbitMQ", marks=[pytest.mark.thorough, pytest.mark.outside("rabbitmq-server")]),
        pytest.param(BROWSER, id="Chromium", marks=[pytest.mark.thorough, pytest.mark.outside("chromium")]),
    ],
)
def test_a_server_ends_with_a_session_that_is_killed(code: str, short: Path) -> None:
    mark = uuid.uuid4().hex
    tests = str(Path(__file__).parents[1])
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=short,
        env={**os.environ, "PYTHONPATH": tests, "TMPDIR": str(short), "TCLI_TEST_TREE": mark},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as session:
        assert session.stdout is not None
        assert session.stdout.readline() == b"started\n"
        servers = [pid for pid in living(f"TCLI_TEST_TREE={mark}") if pid != session.pid]
        assert len(servers) >= 3
        session.kill()
    assert wait_until_gone(servers, time.monotonic() + 20)
    assert living(f"TCLI_TEST_TREE={mark}") == []
