"""wrk, the load generator: one run of it, and what it cost."""

import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass

from harness.verdict import CannotMeasureError

BETWEEN_HALVES = 0.05
"""Seconds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WrkRun:
    requests: int
    bad: int
    """Answers other than 2xx and 3xx, and errors of sockets."""
    cpu: float
    """Seconds that wrk itself used."""


def require_wrk() -> None:
    if shutil.which("wrk") is None:
        raise CannotMeasureError("the load generator wrk is not on PATH (Debian: apt-get install wrk).")


def wrk(url: str, *, connections: int, seconds: int) -> WrkRun:
    """Run it with so many connections, which come in two halves.

    The first of plain Tornado's workers that wakes takes all connections that wait: it would serve alone, on a CPU of
    its own, and be compared with workers that share theirs with wrk. The second half finds that one busy.
    """
    first = _start(url, connections // 2, seconds)
    time.sleep(BETWEEN_HALVES)
    second = _start(url, connections - connections // 2, seconds)
    halves = [_end_of(one) for one in (first, second)]
    return WrkRun(
        requests=sum(one.requests for one in halves),
        bad=sum(one.bad for one in halves),
        cpu=sum(one.cpu for one in halves),
    )


def _start(url: str, connections: int, seconds: int) -> subprocess.Popen[str]:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", url]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _end_of(started: subprocess.Popen[str]) -> WrkRun:
    assert started.stdout is not None
    said = started.stdout.read()
    started.stdout.close()
    # wait4 alone tells the CPU time of one child.
    _, status, usage = os.wait4(started.pid, 0)
    started.returncode = os.waitstatus_to_exitcode(status)
    answered = re.search(r"(\d+) requests in", said)
    if started.returncode or answered is None:
        raise CannotMeasureError(f"wrk failed: {said}")
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", said)
    bad = [int(count) for count in re.findall(r"Non-2xx or 3xx responses: (\d+)", said)]
    bad += [int(count) for count in errors.groups()] if errors else []
    return WrkRun(requests=int(answered[1]), bad=sum(bad), cpu=usage.ru_utime + usage.ru_stime)
