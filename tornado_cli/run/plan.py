"""What is to be run, from the settings: worked out at the start, and once more at each reload."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tornado_cli.app.discover import find_target
from tornado_cli.app.target import Kind, Target
from tornado_cli.config.env_file import environment_of
from tornado_cli.config.run import RunConfig
from tornado_cli.config.sources import Settings
from tornado_cli.errors import UsageError
from tornado_cli.http.loops import check_loop
from tornado_cli.run.fleet import Limits
from tornado_cli.run.fronts import fronts_of, introducers_of
from tornado_cli.run.limits import limits_of
from tornado_cli.run.listening import binds_of, settled
from tornado_cli.system.binds import Bind
from tornado_cli.system.cpus import usable_cpus


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
    binds: tuple[Bind, ...]


def plan_of(config: RunConfig, settings: Settings, directory: Path) -> Plan:
    """Find the application and settle what the settings leave open.

    Raises a TcliError for whatever cannot be.
    """
    target = find_target(
        config.app or None,
        directory,
        command="tcli run",
        script=config.script,
        environ=os.environ,
        configured=settings.app or None,
    )
    check_loop(config.loop)
    if config.preload and target.kind is Kind.SCRIPT:
        raise UsageError(
            f"{target.title} cannot be preloaded: a script starts its own loop, which processes cannot share.",
            hint="Leave --preload out, or put the application into a function: tcli run main:make_app",
        )
    if config.ready_path and not config.ready_path.startswith("/"):
        raise UsageError(f"--ready-path {config.ready_path} is no path.", hint=f"Try --ready-path /{config.ready_path}")
    _check_tls_options(config)
    # What cannot be is said before anything starts.
    fronts_of(config)
    introducers_of(config)
    workers, why = _worker_count(config)
    config = settled(config)
    return Plan(
        config=config,
        target=target,
        workers=workers,
        why=why,
        limits=limits_of(config, workers),
        environ=environment_of(config, settings, directory),
        binds=binds_of(config, directory),
    )


def _check_tls_options(config: RunConfig) -> None:
    """Raise UsageError for an option that promises HTTPS where there is none."""
    if config.speaks_tls:
        return
    for name, given in (("--redirect-http", config.redirect_http), ("--hsts", config.hsts)):
        if given:
            raise UsageError(f"{name} is for HTTPS.", hint="Add --certfile FILE --keyfile FILE; on loopback --ssl.")


def _worker_count(config: RunConfig) -> tuple[int, str]:
    if config.workers:
        return config.workers, ""
    cpus = usable_cpus()
    return cpus.count, f": {cpus.reason}"
