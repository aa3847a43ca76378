"""A forkserver as the server holds it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tornado_cli.events import Boot
from tornado_cli.serve.boot import ServeBoot
from tornado_cli.system.channel import Channel, channel_pair
from tornado_cli.system.children import Child, start_interpreter


@dataclass(slots=True)
class RunningForkserver:
    """Started with `start_forkserver`, given up with `dismiss`."""

    child: Child
    control: Channel
    numbers: set[int] = field(default_factory=set)
    """Of the processes that were forked from it, or will be, and have not ended."""

    def dismiss(self) -> None:
        """Close its channel: it ends what the application left behind, then itself."""
        self.control.close()

    def wait(self) -> None:
        """Wait until it has ended, after `dismiss`."""
        self.child.wait()
        self.child.close()


def start_forkserver(boot: ServeBoot, environ: Mapping[str, str]) -> RunningForkserver:
    """Start one; `environ` is what the application's processes have as their environment."""
    ours, theirs = channel_pair()
    child = start_interpreter(
        "tornado_cli.serve.forkserver",
        [str(theirs.fileno())],
        descriptors=[theirs.fileno(), *boot.descriptors],
        environ=environ,
    )
    theirs.close()
    ours.send(Boot(settings=boot.to_dict()))
    return RunningForkserver(child, ours)
