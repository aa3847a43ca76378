"""The forkserver: holds the framework, runs no application, and forks one process for each start.

It has neither thread nor event loop, because it forks. What an application's processes leave behind comes to it, as
their subreaper, and is ended.
"""

import gc
import os
import selectors
import signal
import sys
from collections.abc import Callable

from tornado_cli.events import Boot, DropListeners, ProcessExited, ProcessForked, StartProcess
from tornado_cli.serve.app_process import serve_one
from tornado_cli.serve.boot import ServeBoot
from tornado_cli.system.channel import Channel, ChannelClosed, Received
from tornado_cli.system.children import close_all, end_descendants, end_strays, keep_to_this_tree, pidfd_of, reap
from tornado_cli.system.lifeline import adopt_orphans, die_with
from tornado_cli.system.wakeup import SignalWakeup, leave_to_the_parent


class Forkserver:
    """Forks on order and reports how its children end."""

    def __init__(self, control: Channel, boot: ServeBoot) -> None:
        self._control = control
        self._boot = boot
        self._children: dict[int, int] = {}
        """Numbers of the processes forked, by pid."""
        self._newest = 0
        self._wakeup = SignalWakeup([signal.SIGCHLD])

    def run(self) -> Callable[[], int]:
        """Serve the server's orders. Return in a child what it has to do; the forkserver itself leaves here."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ)
            selector.register(self._wakeup, selectors.EVENT_READ)
            while True:
                selector.select()
                self._wakeup.arrived()
                self._report_ended()
                try:
                    received = self._control.receive()
                except ChannelClosed:
                    end_descendants()
                    sys.exit(0)
                task = self._obey(received) if received is not None else None
                if task is not None:
                    return task

    def _obey(self, received: Received) -> Callable[[], int] | None:
        match received.message:
            case StartProcess() as order:
                return self._fork(received, order)
            case DropListeners():
                close_all(self._boot.listeners)
        return None

    def _fork(self, received: Received, order: StartProcess) -> Callable[[], int] | None:
        descriptor = received.descriptors[0]
        # Collected and frozen, the heap stays shared with the child.
        gc.collect()
        gc.freeze()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become_child(parent)
            return lambda: serve_one(self._boot, order, Channel.from_descriptor(descriptor))
        os.close(descriptor)
        self._children[pid] = order.number
        self._newest = pid
        pidfd = pidfd_of(pid)
        self._control.send(ProcessForked(number=order.number, pid=pid), [] if pidfd is None else [pidfd])
        if pidfd is not None:
            os.close(pidfd)
        return None

    def _become_child(self, parent: int) -> None:
        self._wakeup.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._control.close()
        die_with(parent, signal.SIGKILL)

    def _report_ended(self) -> None:
        for pid, code in reap():
            number = self._children.pop(pid, None)
            if number is not None:
                self._control.send(ProcessExited(number=number, pid=pid, code=code))
        # While an older process drains, what it started is still its own business.
        if set(self._children) == {self._newest}:
            end_strays(self._children, self._newest)


def main() -> None:
    """Be a forkserver on the channel whose descriptor is the argument."""
    control = Channel.from_descriptor(int(sys.argv[1]))
    received = control.receive()
    assert received is not None
    assert isinstance(received.message, Boot)
    boot = ServeBoot.from_dict(received.message.settings)
    die_with(boot.parent, signal.SIGKILL)
    adopt_orphans()
    keep_to_this_tree(boot.descriptors)
    leave_to_the_parent(signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
    if os.isatty(0):
        # Elsewhere there is nothing to claim.
        from tornado_cli.app.terminal_readers import watch_readers

        watch_readers()
    control.set_blocking(False)
    task = Forkserver(control, boot).run()
    sys.exit(task())


if __name__ == "__main__":
    main()
