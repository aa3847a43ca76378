"""What a serving process counts while it serves; where the counts go is the process's own matter."""

from typing import Protocol

from tornado_cli.http.refusals.kinds import Kind


class Tally(Protocol):
    """Receives counts on the path of each request: a call must cost next to nothing."""

    def beat(self) -> None:
        """Note that the loop runs."""

    def ready(self) -> None:
        """Note that the process serves from now on."""

    def connection_opened(self) -> None: ...

    def connection_closed(self) -> None: ...

    def request_began(self) -> None: ...

    def request_ended(self, status: int, size: int) -> None:
        """Count an answered request; `size` is bytes of the body."""

    def refused(self, kind: Kind) -> None:
        """Count a request that was refused, or a client that was cut off."""

    def draining(self) -> None:
        """Note that the process accepts nothing more."""


class NoTally:
    """Counts nothing: in `tcli serve` nobody reads the counts."""

    def beat(self) -> None: ...

    def ready(self) -> None: ...

    def connection_opened(self) -> None: ...

    def connection_closed(self) -> None: ...

    def request_began(self) -> None: ...

    def request_ended(self, status: int, size: int) -> None: ...

    def refused(self, kind: Kind) -> None: ...

    def draining(self) -> None: ...
