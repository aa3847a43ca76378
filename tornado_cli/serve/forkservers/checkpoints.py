"""An import checkpoint: the application's import, stopped just before one module, from where processes are forked.

Such a process has executed exactly what every start executes until then, in the same order. It forks in the middle of
the import, and what it forks goes on with it.
"""

import os
import sys
import time
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import NoReturn

from tornado_cli.app.target import Target
from tornado_cli.events import StageFailed
from tornado_cli.http.hosting import NotServingYet
from tornado_cli.http.loops import RenewableLoop
from tornado_cli.http.process import serve_target
from tornado_cli.serve.application.app_process import AppProcess
from tornado_cli.serve.boot import ServeBoot
from tornado_cli.serve.forkservers.forkserver import Forkserver, NewProcess, NewStage
from tornado_cli.serve.forkservers.warm import open_descriptors
from tornado_cli.system.endings import leave_at_once
from tornado_cli.system.fork_safety import fork_state, problems


def rehearse(stage: NewStage, boot: ServeBoot, process: AppProcess) -> int:
    """Import until the checkpoint and fork there; in what is forked, serve and return the exit code."""
    loop = RenewableLoop()
    target = Target.from_dict(stage.order.target)
    stop = _Stop(stage, boot, process, loop)
    process.prepare(target)
    sys.meta_path.insert(0, stop)
    try:
        ending = serve_target(target, boot.config.arguments, process.hosting, "asyncio", make_loop=loop.get)
    except NotServingYet:
        # The import is over, by its end or by a failure, and the module was not looked for.
        stop.fail("it was not imported")
    return process.end(ending)


class _Stop:
    """Stands before the module that its forkserver was told of."""

    def __init__(self, stage: NewStage, boot: ServeBoot, process: AppProcess, loop: RenewableLoop) -> None:
        self._control = stage.control
        self._before = stage.order.before
        self._boot = boot
        self._process = process
        self._loop = loop
        self._fork_hooks = _count_fork_hooks()
        self._look()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if fullname == self._before:
            self._stand()
        return None

    def _look(self) -> None:
        """Note what there is while nothing is wrong, in this very process."""
        self._state = fork_state()
        self._descriptors = open_descriptors()

    def fail(self, reason: str) -> NoReturn:
        self._control.send(StageFailed(pid=os.getpid(), reason=reason))
        leave_at_once()

    def _stand(self) -> None:
        reason = self._doubt()
        if reason:
            self.fail(reason)
        stood_at = time.perf_counter()
        born = Forkserver(self._control, self._boot, self._process.compiled).run()
        self._process.recorder.resume(time.perf_counter() - stood_at)
        if isinstance(born, NewProcess):
            # It stays where it is: whoever looks for the module is going through the list of finders just now.
            self._before = ""
            self._loop.renew()
            self._process.wait(born.channel, born.footprint)
            return
        assert self._process.held is not None
        self._process.held.part()
        self._control, self._before = born.control, born.order.before
        self._look()

    def _doubt(self) -> str:
        """Return why a process forked here could differ from one that began at the beginning."""
        found = problems(self._state, fork_state())
        if found:
            return found[0]
        if open_descriptors() - self._descriptors:
            return "it opened a file, whose position processes would share"
        if self._fork_hooks() or self._loop.is_used():
            return "it prepared something that a fork would change"
        return ""


def _count_fork_hooks() -> Callable[[], int]:
    """Count what asks from now on to be called at forks."""
    original = os.register_at_fork
    count = 0

    def register_at_fork(**hooks: Callable[[], object]) -> None:
        nonlocal count
        count += 1
        original(**hooks)

    os.register_at_fork = register_at_fork  # type: ignore[assignment]
    return lambda: count
