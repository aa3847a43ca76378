"""The event loop that `--loop` names."""

import asyncio
from collections.abc import Callable

from tornado_cli.errors import UsageError


def check_loop(name: str) -> None:
    """Raise UsageError when the loop is not installed: before anything forks."""
    if name == "uvloop":
        try:
            import uvloop  # noqa: F401 - only to see whether it is there.
        except ImportError as error:
            raise UsageError("uvloop is not installed.", hint="pip install uvloop, or leave --loop out.") from error


def loop_factory(name: str) -> Callable[[], asyncio.AbstractEventLoop]:
    """Return what makes a new loop of that kind."""
    if name == "uvloop":
        import uvloop

        return uvloop.new_event_loop
    return asyncio.new_event_loop


def use_for_scripts(name: str) -> None:
    """Have a script that makes its own loop, by whatever way it knows, make one of that kind."""
    if name == "uvloop":
        import uvloop

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
