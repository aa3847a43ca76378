"""What a leader is told when it starts: all that its workers will need."""

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from tornado_cli.app.target import Target
from tornado_cli.config.run import RunConfig

LET_GO = signal.SIGURG
"""Has a leader close its listeners: none of its workers will serve any more that does not serve yet.

Nobody else sends it, and without a handler it does nothing.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunBoot:
    """Descriptors are numbers in the leader, by inheritance."""

    config: RunConfig
    target: Target
    parent: int
    """Pid of the supervisor: whose end is the tree's end."""
    generation: int
    channels: tuple[int, ...]
    """The workers' ends, one a slot."""
    listeners: tuple[int, ...]
    redirects: tuple[int, ...]
    """Those of them at which plain HTTP is only sent on."""
    https_port: int
    """Where it is sent to."""
    scoreboard: int
    log: int
    log_format: str
    environ: Mapping[str, str]
    """The leader's whole environment: it is started with that, and not told."""

    @property
    def descriptors(self) -> tuple[int, ...]:
        """All that the leader inherits, but for its own channel."""
        return (*self.channels, *self.listeners, self.scoreboard, self.log)

    def to_dict(self) -> dict[str, Any]:
        plain = {name: getattr(self, name) for name in self.__slots__ if name != "environ"}
        return plain | {"config": self.config.to_dict(), "target": self.target.to_dict()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Undo `to_dict`."""
        return cls(
            **values
            | {
                "config": RunConfig.from_dict(values["config"]),
                "target": Target.from_dict(values["target"]),
                "channels": tuple(values["channels"]),
                "listeners": tuple(values["listeners"]),
                "redirects": tuple(values["redirects"]),
                "environ": os.environ,
            }
        )
