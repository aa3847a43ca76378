"""What a command needs of the operating system."""

import os

from tornado_cli.errors import TcliError


def require_fork(command: str) -> None:
    """Raise TcliError where processes cannot be forked."""
    if not hasattr(os, "fork"):
        raise TcliError(f"tcli {command} needs fork, which Windows does not have.", hint="Run it in WSL: wsl --install")


def require_owners(command: str) -> None:
    """Raise TcliError where files have no owner and mode, by which keys are kept from others."""
    if not hasattr(os, "geteuid"):
        message = f"tcli {command} keeps keys by owner and mode of files, which Windows does not have."
        raise TcliError(message, hint="Run it in WSL: wsl --install")
