"""Errors that are shown to the user, and the exit codes they end with."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What `tcli` tells the shell, a service manager or CI."""

    OK = 0
    """Done; also after a drain by TERM or INT."""
    FAILURE = 1
    """Failed at run time; a port is taken."""
    USAGE = 2
    """The command line or a settings file is wrong."""
    APP = 3
    """The application cannot start; trying again will not help."""
    INTERRUPTED = 130
    """A second INT cut a drain short."""


class TcliError(Exception):
    """Shown as one message and one hint, never as a traceback.

    The message says what is wrong and what was looked for; the hint says what to type next.
    """

    exit_code = ExitCode.FAILURE

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(TcliError):
    """The command line or a settings file is wrong."""

    exit_code = ExitCode.USAGE


class AppError(TcliError):
    """The application cannot be found or cannot start."""

    exit_code = ExitCode.APP


def as_sentences(*parts: str) -> str:
    """Join what is not empty, each with its full stop."""
    return " ".join(part if part.endswith((".", "!", "?")) else f"{part}." for part in parts if part)
