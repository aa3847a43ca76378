"""What the keeper is told when it starts."""

from typing import Any, Self

from tornado_cli.config.companions import Companion
from tornado_cli.config.serve import ServeConfig
from tornado_cli.records import Record


class KeeperBoot(Record, kw_only=True):
    """Descriptors are numbers in the keeper, by inheritance."""

    config: ServeConfig
    companions: tuple[Companion, ...]
    outputs: tuple[int, ...]
    """Where each of them prints to: pipes that the server's log empties."""
    directory: str
    log: int
    log_format: str

    @property
    def descriptors(self) -> tuple[int, ...]:
        """All that the keeper inherits, but for its channel."""
        return (*self.outputs, self.log)

    def to_dict(self) -> dict[str, Any]:
        companions = [vars(one) for one in self.companions]
        return vars(self) | {"config": self.config.to_dict(), "companions": companions}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Undo `to_dict`."""
        return cls(
            **values
            | {
                "config": ServeConfig.from_dict(values["config"]),
                "companions": tuple(Companion(one["name"], tuple(one["words"])) for one in values["companions"]),
                "outputs": tuple(values["outputs"]),
            }
        )
