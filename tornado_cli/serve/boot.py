"""What the forkserver is told when it starts: all that its children will need."""

from collections.abc import Sequence
from typing import Any, Self

from tornado_cli.config.serve import ServeConfig
from tornado_cli.records import Record

TURN, EDITS = range(2)
"""Words that all processes share: whose turn it is to accept, and how often templates and static files have changed."""
WORDS = 2


class ServeBoot(Record, kw_only=True):
    """Descriptors are numbers in the process that holds it; they travel with the message."""

    config: ServeConfig
    directory: str
    """Where the command was typed; entered anew at each start, for it may have been deleted and made again."""
    listeners: tuple[int, ...]
    words: int
    """Descriptor of the shared words."""
    place: int
    """Descriptor of the file in which a process that starts writes down what it is at."""
    log: int
    log_format: str
    token: str
    """What pages of this run know; nobody else does."""
    credentials: int | None = None
    """Certificate and key, PEM; None without TLS."""

    requests: int | None = None
    """The inspector's store; None without `--debug`."""

    @property
    def descriptors(self) -> tuple[int, ...]:
        """All that the forkserver gets, but for its channel."""
        return (*self.listeners, *(getattr(self, name) for name in self._single))

    def with_descriptors(self, descriptors: Sequence[int]) -> Self:
        """Return it as it is where these have been received for its own."""
        count = len(self.listeners)
        single = dict(zip(self._single, descriptors[count:], strict=True))
        return self.but(listeners=tuple(descriptors[:count]), **single)

    @property
    def _single(self) -> list[str]:
        """Names of the descriptors of which there is one, if any."""
        return [
            name for name in ("words", "place", "log", "credentials", "requests") if getattr(self, name) is not None
        ]

    def to_dict(self) -> dict[str, Any]:
        return vars(self) | {"config": self.config.to_dict()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        return cls(
            **values
            | {
                "config": ServeConfig.from_dict(values["config"]),
                "listeners": tuple(values["listeners"]),
            }
        )
