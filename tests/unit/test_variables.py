"""Variables that were typed wrong are seen, and those of others left alone."""

import click
import pytest
from support.outside import REQUIRE_ALL

from tornado_cli.commands.run import run
from tornado_cli.commands.serve import serve
from tornado_cli.config.variables import strange_variables


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("TCLI_RUN_PROT", "TCLI_RUN_PORT"),
        ("TCLI_SERVE_WORKERS", "TCLI_RUN_WORKERS"),
        ("TCLI_RUN_GRACEFULL_TIMEOUT", "TCLI_RUN_GRACEFUL_TIMEOUT"),
        ("TCLI_PORT", "TCLI_RUN_PORT"),
        ("TCLI_APPS", "TCLI_APP"),
        ("TCLI_RUN_SOMETHING_ELSE", ""),
    ],
)
def test_what_looks_like_a_setting_and_is_none_is_told_with_the_nearest_that_is_one(name: str, near: str) -> None:
    [strange] = strange_variables({"PATH": "/bin", name: "1"})
    assert name in strange.message
    assert near in strange.hint
    assert ("Did you mean" in strange.hint) is bool(near)


@pytest.mark.parametrize(
    "name",
    ["TCLI_APP", "TCLI_RUN_PORT", "TCLI_SERVE_PORT", "TCLI_REEXEC_PID", "TCLI_HOME", REQUIRE_ALL, "PORT", "TCLI"],
)
def test_settings_and_what_resembles_none_are_no_matter(name: str) -> None:
    assert strange_variables({name: "1"}) == []


def test_a_variable_that_is_empty_counts_as_absent() -> None:
    assert strange_variables({"TCLI_RUN_PROT": ""}) == []


@pytest.mark.parametrize("command", [run, serve])
def test_no_variable_that_an_option_reads_is_strange(command: click.Command) -> None:
    names = [name for option in command.params if isinstance(option.envvar, list) for name in option.envvar]
    assert names
    assert strange_variables(dict.fromkeys(names, "1")) == []
