"""A server of any make, started as its users do, with its output in a file; nothing of it is left behind."""

import contextlib
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.process_tree import end, process, reap_orphans, tree_of, wait_until_all_ended
from harness.server import DEADLINE, ServerError, clean_environment

_LOOK = 0.002


@dataclass(frozen=True, slots=True)
class Started:
    root: int
    """Pid of the process that was started."""
    at: float
    """When it was, by the monotonic clock."""
    log: Path

    def has_ended(self) -> bool:
        one = process(self.root)
        return one is None or not one.is_alive

    def said(self, last: int = 2000) -> str:
        return self.log.read_text(errors="backslashreplace")[-last:]

    def wait_until(self, answers: Callable[[], bool], name: str) -> None:
        """Return when it answers; fail when it ends before, or takes too long."""
        while not answers():
            if self.has_ended() or time.monotonic() - self.at > DEADLINE:
                raise ServerError(f"{name} never answered\n{self.said()}")
            time.sleep(_LOOK)


@contextmanager
def started(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[Started]:
    """Start it in a session of its own; end all of it afterwards."""
    with tempfile.NamedTemporaryFile(prefix="tcli-benchmark-", suffix=".log") as log:
        at = time.monotonic()
        child = subprocess.Popen(
            command,
            cwd=folder,
            env={**clean_environment(), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield Started(child.pid, at, Path(log.name))
        finally:
            # The parent of plain fork_processes dies of TERM and leaves its children behind.
            tree = tree_of(child.pid)
            child.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(5)
            if not wait_until_all_ended([member.pid for member in tree], 0.5):
                end(tree)
            child.wait(DEADLINE)
            end(tree)
            wait_until_all_ended([member.pid for member in tree], 5)
            reap_orphans()
