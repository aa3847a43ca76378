"""The environment of the application's processes, kept up to date with the env file."""

import logging
import os
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from tornado_cli.config.env_file import env_file_of, environment_of
from tornado_cli.config.serve import ServeConfig
from tornado_cli.config.sources import Settings
from tornado_cli.config.variables import about_misplaced_settings
from tornado_cli.errors import UsageError, as_sentences
from tornado_cli.logs.events import event

logger = logging.getLogger("tornado_cli.serve")


class Environment:
    """Each forkserver gets `variables` as its whole environment."""

    def __init__(self, config: ServeConfig, settings: Settings, directory: Path) -> None:
        """Raise UsageError where a file that was named cannot be read."""
        self._read = partial(environment_of, config, settings, directory)
        self.variables: Mapping[str, str] = dict(os.environ)
        if "env_file" in config.given:
            self._read()
        file = env_file_of(config, settings, directory)
        self.files = frozenset() if file is None else frozenset({str(file)})
        """Files to watch, whatever they are called; one of the usual name that comes later is noticed anyhow."""
        self._names = {Path(config.env_file).name, *(Path(one).resolve().name for one in self.files)}

    def is_concerned(self, files: Iterable[str]) -> bool:
        """Say whether the change of these files can have changed it."""
        return any(Path(file).name in self._names for file in files)

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
        if is_other and (message := about_misplaced_settings(variables, os.environ)):
            event(logger, logging.WARNING, "misplaced_settings", message)
        return is_other
