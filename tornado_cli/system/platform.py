"""What a command needs of the operating system."""

import os

from tornado_cli.errors import TcliError


def require_fork(command: str) -> None:
    """Raise TcliError where processes cannot be forked."""
    if not hasattr(os, "fork"):
        raise TcliError(f"tcli {command} needs fork, which Windows does not have.", hint="Run it in WSL: wsl --install")
