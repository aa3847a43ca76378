"""From options to limits, and what a reload may change of them."""

import pytest

from tornado_cli.config.run import RunConfig
from tornado_cli.errors import ExitCode, UsageError
from tornado_cli.run.limits import NEED_RESTART, crash_budget, limits_of, reread


def test_each_option_that_limits_is_taken_over_in_its_unit() -> None:
    config = RunConfig(hang_timeout=3.0, boot_timeout=4.0, max_rss=5, max_requests=6, crash_budget="7/8.5")
    limits = limits_of(config, workers=2)
    assert (limits.hang_timeout, limits.boot_timeout, limits.max_requests) == (3.0, 4.0, 6)
    assert limits.max_rss == 5 * 1024 * 1024
    assert limits.crash_budget == (7, 8.5)


@pytest.mark.parametrize(
    ("given", "step"), [({}, None), ({"reload_step": "command line"}, 0), ({"reload_step": "pyproject.toml"}, 0)]
)
def test_a_reload_step_that_nobody_gave_is_left_open(given: dict[str, str], step: int | None) -> None:
    assert limits_of(RunConfig(given=given), workers=2).reload_step == step


def test_there_is_a_spare_for_each_worker_and_more() -> None:
    assert all(limits_of(RunConfig(), workers).spares > workers for workers in (1, 2, 64))


@pytest.mark.parametrize(("text", "budget"), [("", None), ("3/60", (3, 60.0)), ("0/0.5", (0, 0.5))])
def test_a_crash_budget_is_a_number_of_deaths_in_seconds(text: str, budget: tuple[int, float] | None) -> None:
    assert crash_budget(text) == budget


@pytest.mark.parametrize("text", ["3", "3/", "/60", "-1/60", "3/-60", "3/60s", " 3/60", "3 60", "1e3/60", "3/6\n"])
def test_anything_else_is_a_usage_error_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="N/SECONDS") as caught:
        crash_budget(text)
    assert caught.value.exit_code is ExitCode.USAGE
    assert "--crash-budget 10/60" in caught.value.hint


def test_a_reload_takes_what_may_change_and_names_what_may_not() -> None:
    old = RunConfig(workers=1, port=8000, backlog=10, log_file="a.log")
    new = RunConfig(workers=3, port=9000, backlog=20, log_file="b.log", graceful_timeout=1.0)
    taken, waiting = reread(old, new)
    assert (taken.workers, taken.port, taken.graceful_timeout) == (3, 9000, 1.0)
    assert (taken.backlog, taken.log_file) == (10, "a.log")
    assert waiting == ["backlog", "log_file"]


def test_what_needs_a_restart_are_settings_that_there_are() -> None:
    assert vars(RunConfig()).keys() >= NEED_RESTART
