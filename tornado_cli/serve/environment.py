"""The environment of the application's processes, kept up to date with the env file."""

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from tornado_cli.errors import UsageError, as_sentences
from tornado_cli.logs.events import event

logger = logging.getLogger("tornado_cli.serve")


class Environment:
    """Each forkserver gets `variables` as its whole environment."""

    def __init__(self, read: Callable[[], dict[str, str]], file_name: str) -> None:
        self._read = read
        self._file_name = file_name
        self.variables: Mapping[str, str] = dict(os.environ)

    def is_concerned(self, files: Iterable[str]) -> bool:
        """Say whether the change of these files can have changed it."""
        return any(Path(file).name == self._file_name for file in files)

    def renew(self) -> bool:
        """Read the env file again and say whether anything is different; one that cannot be read changes nothing."""
        try:
            variables = self._read()
        except UsageError as error:
            message = as_sentences(str(error), error.hint, "None of it is taken")
            event(logger, logging.WARNING, "env_file_failed", message)
            return False
        is_other = variables != self.variables
        self.variables = variables
        return is_other
