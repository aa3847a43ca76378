"""What the inspector of one process has: all requests of the run to show, those of the application here to note."""

from collections.abc import Callable, Iterable

from tornado_cli.serve.inspector.recorder import Recorder
from tornado_cli.serve.inspector.store import RequestStore


class Inspector:
    """Made ahead of knowing what the process will serve."""

    def __init__(self, descriptor: int, ports: Callable[[], Iterable[int]]) -> None:
        self.store = RequestStore(descriptor)
        self.recorder: Recorder | None = Recorder(self.store)
        """None where a page stands in for the application: there is nothing to note, and nobody to send to."""
        self.ports = ports
        """Asked on which ports this process listens now."""
