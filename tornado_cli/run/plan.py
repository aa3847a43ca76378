"""What is to be run, from the settings: worked out at the start, and once more at each reload."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tornado_cli.app.discover import find_target
from tornado_cli.app.target import Kind, Target
from tornado_cli.config.commands import RunConfig
from tornado_cli.config.env_file import environment_of
from tornado_cli.config.sources import Settings
from tornado_cli.errors import UsageError
from tornado_cli.http.loops import check_loop
from tornado_cli.run.fleet import Limits
from tornado_cli.run.limits import limits_of
from tornado_cli.system.cpus import usable_cpus

ALL_ADDRESSES = "0.0.0.0"  # noqa: S104 - what a platform's router expects; `start` says when it is taken.


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    config: RunConfig
    target: Target
    workers: int
    why: str
    """Why so many, when they were counted."""
    limits: Limits
    environ: Mapping[str, str]
    """Of the application's processes."""

    @property
    def is_open_to_platform(self) -> bool:
        """Whether PORT, and nothing else, made it listen on all addresses."""
        return _is_on_platform(self.config)


def plan_of(config: RunConfig, settings: Settings, directory: Path) -> Plan:
    """Find the application and settle what the settings leave open.

    Raises a TcliError for whatever cannot be.
    """
    target = find_target(
        config.app or None, directory, script=config.script, environ=os.environ, configured=settings.app or None
    )
    check_loop(config.loop)
    if config.preload and target.kind is Kind.SCRIPT:
        raise UsageError(
            f"{target.title} cannot be preloaded: a script starts its own loop, which processes cannot share.",
            hint="Leave --preload out, or put the application into a function: tcli run main:make_app",
        )
    if config.ready_path and not config.ready_path.startswith("/"):
        raise UsageError(f"--ready-path {config.ready_path} is no path.", hint=f"Try --ready-path /{config.ready_path}")
    workers, why = _worker_count(config)
    return Plan(
        config=_open_to_the_platform(config),
        target=target,
        workers=workers,
        why=why,
        limits=limits_of(config, workers),
        environ=environment_of(config, settings, directory),
    )


def _open_to_the_platform(config: RunConfig) -> RunConfig:
    """Listen on all addresses when a platform says the port by PORT: its router is not on this machine."""
    return replace(config, host=ALL_ADDRESSES) if _is_on_platform(config) else config


def _is_on_platform(config: RunConfig) -> bool:
    return config.given.get("port") == "PORT" and "host" not in config.given


def _worker_count(config: RunConfig) -> tuple[int, str]:
    if config.workers:
        return config.workers, ""
    cpus = usable_cpus()
    return cpus.count, f": {cpus.reason}"
