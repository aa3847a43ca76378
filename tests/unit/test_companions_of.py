"""`[tool.tcli.serve.with]`: what counts as a command line."""

import tomllib
from pathlib import Path

import pytest

from tornado_cli.config.companions import Companion, companions_of
from tornado_cli.config.sources import Settings, check_table
from tornado_cli.errors import UsageError


def settings_with(*lines: str) -> Settings:
    text = "\n".join(["[tool.tcli.serve.with]", *lines])
    return Settings(Path("/project"), text, tomllib.loads(text)["tool"]["tcli"])


def test_without_the_table_there_are_none() -> None:
    assert companions_of(Settings(Path("/project"))) == ()


def test_they_are_words_as_a_shell_would_split_them_or_a_list_of_them() -> None:
    settings = settings_with("css = \"npm run 'the css'\"", 'js = ["esbuild", "--serve", "a | b", ""]')
    check_table(settings, "serve", {})
    assert companions_of(settings) == (
        Companion("css", ("npm", "run", "the css")),
        Companion("js", ("esbuild", "--serve", "a | b", "")),
    )


def test_the_table_belongs_to_serve_alone() -> None:
    settings = Settings(Path("/project"), "", {"run": {"with": {}}})
    with pytest.raises(UsageError, match="with is not a setting"):
        check_table(settings, "run", {})


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("1", "must be a command line"),
        ('["npm", 1]', "must be a command line"),
        ("{ command = 'npm' }", "must be a command line"),
        ('"npm \'run"', "no closing quotation"),
        ('""', "names no program"),
        ("[]", "names no program"),
        ('[""]', "names no program"),
        ('"a\\u0000"', "names no program"),
        ('"sass a b && touch c"', "&& means something to a shell only"),
        ('"sass a > b"', "> means something to a shell only"),
    ],
)
def test_a_mistake_is_told_with_its_line(value: str, words: str) -> None:
    with pytest.raises(UsageError, match=r"line 3: \[tool\.tcli\.serve\.with\] css") as caught:
        companions_of(settings_with("# of ours", f"css = {value}"))
    assert words in str(caught.value)
    assert "css = " in caught.value.hint
