"""What an import says while nobody has asked for it: kept, and said again by each process that goes on from there."""

import logging
import os
import sys
from collections.abc import Mapping

from tornado_cli.logs.setup import set_levels
from tornado_cli.system.memory_files import anonymous_file, read_file

_OUTPUTS = (1, 2)


class HeldOutput:
    """Stands in for the standard output, the standard error and the log of this process."""

    def __init__(self, levels: Mapping[str, int]) -> None:
        self._real = {descriptor: os.dup(descriptor) for descriptor in _OUTPUTS}
        self._held: dict[int, int] = {}
        self._handler = _Keep()
        set_levels(levels)
        logging.getLogger().addHandler(self._handler)
        self._redirect(dict.fromkeys(_OUTPUTS, b""))

    def part(self) -> None:
        """In a forked process: what is said from now on is said by it alone."""
        self._redirect(self._take())

    def release(self) -> None:
        """Say it all; from now on everything is said at once. The log has its own handler by now."""
        said = self._take()
        for descriptor, real in self._real.items():
            os.dup2(real, descriptor)
            os.close(real)
            _write_all(descriptor, said[descriptor])
        logging.getLogger().removeHandler(self._handler)
        for record in self._handler.records:
            logging.getLogger(record.name).handle(record)

    def _take(self) -> dict[int, bytes]:
        sys.stdout.flush()
        sys.stderr.flush()
        return {descriptor: read_file(held) for descriptor, held in self._held.items()}

    def _redirect(self, said: Mapping[int, bytes]) -> None:
        for descriptor in _OUTPUTS:
            held = anonymous_file("tcli-output")
            _write_all(held, said[descriptor])
            os.dup2(held, descriptor)
            if descriptor in self._held:
                os.close(self._held[descriptor])
            self._held[descriptor] = held


class _Keep(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
