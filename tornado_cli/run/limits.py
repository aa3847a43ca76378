"""From the options of `tcli run` to the limits that decisions depend on; what a reload may change of them."""

import re

from tornado_cli.config.run import RunConfig
from tornado_cli.errors import UsageError
from tornado_cli.run.fleet import Limits

SPARES = 2
"""Slots that wait unloaded, besides as many as there are workers."""
NEED_RESTART = frozenset(
    {
        "backlog", "ssl", "certfile", "keyfile", "keyfile_password_file",
        "cert_dir", "tls_min", "ciphers", "client_cert", "ca_file",
        "log_format", "log_level", "log_file", "access_log_file", "arguments",
    }
)  # fmt: skip
"""Settings that were used up when the supervisor started."""
_BUDGET = re.compile(r"(\d+)/(\d+(?:\.\d+)?)")


def limits_of(config: RunConfig, workers: int) -> Limits:
    """Return the limits. Raises UsageError for a crash budget that is none."""
    return Limits(
        spares=workers + SPARES,
        graceful_timeout=config.graceful_timeout,
        boot_timeout=config.boot_timeout,
        drain_delay=config.drain_delay,
        hang_timeout=config.hang_timeout,
        max_requests=config.max_requests,
        max_rss=config.max_rss * 1024 * 1024,
        max_lifetime=config.max_lifetime,
        reload_step=config.reload_step if "reload_step" in config.given else None,
        crash_budget=crash_budget(config.crash_budget),
    )


def crash_budget(text: str) -> tuple[int, float] | None:
    """Read `N/SECONDS`; nothing is no budget."""
    if not text:
        return None
    match = _BUDGET.fullmatch(text)
    if match is None:
        raise UsageError(f"--crash-budget {text} is not N/SECONDS.", hint="For example: --crash-budget 10/60")
    return int(match[1]), float(match[2])


def reread(old: RunConfig, new: RunConfig) -> tuple[RunConfig, list[str]]:
    """Return what a reload takes of new settings, and the names of those that wait for a restart."""
    fixed = {name: getattr(old, name) for name in NEED_RESTART}
    waiting = sorted(name for name, value in fixed.items() if getattr(new, name) != value)
    return new.but(**fixed), waiting
