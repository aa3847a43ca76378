"""Bringing the application up in a serving process, and saying how that ended."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Sequence
from enum import Enum, auto
from pathlib import Path
from typing import TypeAlias

from tornado.web import Application

import tornado_cli
from tornado_cli.app.failures import describe_failure
from tornado_cli.app.load import Loaded, load, make_application
from tornado_cli.app.script import run_script
from tornado_cli.app.target import Kind, Target
from tornado_cli.config.sources import working_directory
from tornado_cli.errors import AppError, TcliError
from tornado_cli.events import AppFailed
from tornado_cli.http.hosting import Hosting
from tornado_cli.http.loops import loop_factory, use_for_scripts
from tornado_cli.http.service import Service

MakeLoop: TypeAlias = Callable[[], asyncio.AbstractEventLoop]
_OUR_ROOT = Path(tornado_cli.__file__).parent
_MISTAKES = (
    SyntaxError,
    ImportError,
    NameError,
    AttributeError,
    TypeError,
    LookupError,
    ArithmeticError,
    AssertionError,
)
"""What code raises because of what is written there."""


class Ending(Enum):
    """How the application's time in this process ended."""

    ORDERED = auto()
    """Drained, as the top process ordered."""
    NEVER_READY = auto()
    """It did not start; the failure has been reported."""
    UNORDERED = auto()
    """It ended by itself after it had served."""


def serve_target(
    target: Target,
    arguments: Sequence[str],
    hosting: Hosting,
    loop: str,
    preloaded: Loaded | None = None,
    make_loop: MakeLoop | None = None,
) -> Ending:
    """Load and serve until drained, on a loop that `loop` names, or for a module on what `make_loop` gives.

    `preloaded` is the target's module, imported before the fork. Whatever the application raised is reported to the
    top process.
    """
    hosting.owns_loop = target.kind is Kind.MODULE
    hosting.prepare()
    try:
        if target.kind is Kind.SCRIPT:
            _serve_script(target, arguments, hosting, loop)
        else:
            _serve_module(target, arguments, hosting, make_loop or loop_factory(loop), preloaded)
    except BaseException as error:  # noqa: BLE001 - sys.exit and KeyboardInterrupt are ways to fail, too.
        service = hosting.service
        if service.is_draining and isinstance(error, SystemExit | KeyboardInterrupt):
            return Ending.ORDERED
        service.report_failure(failure_of(error), error)
        return Ending.UNORDERED if service.is_ready else Ending.NEVER_READY
    return Ending.ORDERED if hosting.service.is_draining else Ending.UNORDERED


def serve_directly(application: Application, hosting: Hosting) -> None:
    """Serve an application of our own until drained."""
    hosting.owns_loop = True
    hosting.prepare()
    asyncio.run(hosting.service.serve(application))


def _serve_module(
    target: Target, arguments: Sequence[str], hosting: Hosting, make_loop: MakeLoop, preloaded: Loaded | None
) -> None:
    with asyncio.Runner(loop_factory=make_loop) as runner:
        # Applications touch the loop while they are imported (PeriodicCallback, locks, clients): they must find
        # the one they will run on.
        asyncio.set_event_loop(runner.get_loop())
        loaded = preloaded or load(target, arguments)
        runner.run(_serve_loaded(loaded, hosting.service))


async def _serve_loaded(loaded: Loaded, service: Service) -> None:
    application, lifespan = await make_application(loaded)
    async with lifespan or contextlib.nullcontext():
        await service.serve(application)


def _serve_script(target: Target, arguments: Sequence[str], hosting: Hosting, loop: str) -> None:
    use_for_scripts(loop)
    run_script(target, arguments)
    if not hosting.service.is_ready:
        raise AppError(
            f"{target.title} ended without listening for HTTP.",
            hint="Is it a client, or a program that only defines things? "
            f"Name the application: {target.command} module:name",
        )


def failure_of(error: BaseException) -> AppFailed:
    """Return the report of a failure: ours in one line, the user's with its traceback."""
    if isinstance(error, TcliError):
        return AppFailed(pid=os.getpid(), title=str(error), hint=error.hint)
    failure = describe_failure(error, [_OUR_ROOT])
    return AppFailed(
        pid=os.getpid(),
        title=failure.title,
        traceback=failure.traceback_text,
        hint=_hint_for(error),
        may_pass=not isinstance(error, _MISTAKES),
    )


def _hint_for(error: BaseException) -> str:
    if not isinstance(error, ModuleNotFoundError):
        return ""
    from tornado_cli.app.requirements import missing_requirements

    missing: list[str] = []
    with contextlib.suppress(TcliError):
        missing = missing_requirements(working_directory())
    if not missing:
        return ""
    are = "is" if len(missing) == 1 else "are"
    return f"{', '.join(missing)} of pyproject.toml {are} not installed. Install them: python -m pip install -e ."
