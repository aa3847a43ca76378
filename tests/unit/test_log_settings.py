"""What the log options mean."""

import logging
from collections.abc import Mapping

import pytest

from tornado_cli.errors import UsageError
from tornado_cli.logs.settings import parse_levels, resolve_format


@pytest.mark.parametrize(
    ("format_option", "is_terminal", "environ", "resolved"),
    [
        ("auto", True, {"TERM": "xterm"}, "rich"),
        ("auto", True, {}, "rich"),
        ("auto", False, {"TERM": "xterm"}, "plain"),
        ("auto", True, {"TERM": "dumb"}, "plain"),
        ("auto", True, {"NO_COLOR": "1"}, "rich"),
        ("json", True, {}, "json"),
        ("plain", True, {}, "plain"),
        ("rich", False, {}, "rich"),
    ],
)
def test_auto_is_rich_for_people_and_plain_for_programs(
    format_option: str, is_terminal: bool, environ: Mapping[str, str], resolved: str
) -> None:
    assert resolve_format(format_option, is_terminal, environ) == resolved


def test_levels_are_for_all_loggers_or_for_one() -> None:
    assert parse_levels(("warning", "tornado.general=DEBUG", "root=info")) == {
        "": logging.INFO,
        "tornado.general": logging.DEBUG,
    }


@pytest.mark.parametrize("wrong", ["inof", "app=inof", "", "app=", "10"])
def test_a_wrong_level_is_a_usage_error_that_lists_the_right_ones(wrong: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_levels((wrong,))
    assert "debug, info, warning, error, critical" in caught.value.hint
    assert ('Did you mean "info"?' in caught.value.hint) == ("inof" in wrong)
