"""The leader reads how workers ended out of the log of `fork_processes`: the words of the real one, in a process."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from tornado_cli.events import WorkerExited
from tornado_cli.run.leader import worker_exited

# Each child ends in a way of its own, once; started again it leaves.
FORKS = """
import json, logging, os, signal, sys
from tornado.process import fork_processes
from tornado_cli.run.leader import worker_exited

class Reports(logging.Filter):
    def filter(self, record):
        exited = worker_exited(record)
        if exited is not None:
            print(json.dumps([exited.slot, exited.code, exited.pid > 0]), flush=True)
        return False

logging.getLogger("tornado.general").setLevel(logging.INFO)
logging.getLogger("tornado.general").addFilter(Reports())
first = os.getpid()
ended = sys.argv[1:]
slot = fork_processes(3, max_restarts=sys.maxsize)
mark = f"{ended[0]}/{slot}"
if os.path.exists(mark):
    os._exit(0)
open(mark, "w").close()
if slot == 0:
    os.kill(os.getpid(), signal.SIGKILL)
os._exit(70 if slot == 1 else 0)
"""


def test_every_end_that_the_real_one_tells_of_becomes_a_report(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKS, str(tmp_path)], capture_output=True, text=True, timeout=20, check=False
    )
    # The real one leaves by itself, with 0, when its last child has left.
    assert (done.returncode, done.stderr) == (0, "")
    told = sorted(json.loads(line) for line in done.stdout.splitlines())
    assert told == [[0, -9, True], [0, 0, True], [1, 0, True], [1, 70, True], [2, 0, True]]


@pytest.mark.parametrize(
    ("message", "arguments", "exited"),
    [
        ("child %d (pid %d) killed by signal %d, restarting", (1, 77, 9), WorkerExited(slot=1, pid=77, code=-9)),
        ("child %d (pid %d) exited with status %d, restarting", (0, 77, 3), WorkerExited(slot=0, pid=77, code=3)),
        ("child %d (pid %d) exited normally", (2, 77), WorkerExited(slot=2, pid=77, code=0)),
        ("Starting %d processes", (3,), None),
        ("child %d (pid %d) exited normally", (2,), None),
        ("child %s exited normally", ("x",), None),
        ("no arguments", (), None),
    ],
)
def test_a_record_is_a_report_only_in_its_exact_words(
    message: str, arguments: tuple[object, ...], exited: WorkerExited | None
) -> None:
    record = logging.LogRecord("tornado.general", logging.INFO, "process.py", 1, message, arguments, None)
    assert worker_exited(record) == exited
