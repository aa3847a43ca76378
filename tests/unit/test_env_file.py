"""The env file: which one, and what it adds to the environment."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from tornado_cli.config.env_file import MalformedLineError, env_file_of, environment_of, variables_in
from tornado_cli.config.run import RunConfig
from tornado_cli.config.serve import ServeConfig
from tornado_cli.config.serving import ServingConfig
from tornado_cli.config.sources import PYPROJECT, Settings
from tornado_cli.errors import UsageError

TEXTS: dict[str, dict[str, str]] = {
    "": {},
    "A=1\nB = two words \n": {"A": "1", "B": "two words"},
    "# comment\n\nexport A=1 # why\n": {"A": "1"},
    "A='x # y'\nB=\"one\\ntwo\"\n": {"A": "x # y", "B": "one\ntwo"},
    'A="one\ntwo"\n': {"A": "one\ntwo"},
    "A=1\nA=2\n": {"A": "2"},
    "A=\nB=''\nALONE\n": {"A": "", "B": ""},
    "A=1\r\nB=2\r\n": {"A": "1", "B": "2"},
    "A=${HERE}\nB=${A}/${MISSING:-b}\nC=$A\n": {"A": "here", "B": "here/b", "C": "$A"},
    "HERE=there\nA=${HERE}\n": {"HERE": "there", "A": "here"},
}


@pytest.mark.parametrize("text", TEXTS)
def test_a_file_has_these_variables(text: str) -> None:
    assert variables_in(text, {"HERE": "here"}) == TEXTS[text]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("A=1\nB C=2\n", 2),
        ("A=1\n\n\n  =2\n", 4),
        ("A='never closed\nB=2\n", 1),
        ("A='a' b\n", 1),
        ("A=1\nB=a\0b\n", 2),
        (f"A=1\nB={'x' * 128 * 1024}\n", 2),
    ],
)
def test_a_line_that_is_no_variable_is_named_by_its_number(text: str, line: int) -> None:
    with pytest.raises(MalformedLineError) as caught:
        variables_in(text, {})
    assert caught.value.line == line


def config_with(value: str, origin: str = "") -> ServingConfig:
    return ServeConfig(env_file=value, given={"env_file": origin} if origin else {})


def environment(config: ServingConfig, directory: Path, project: Path | None = None) -> Mapping[str, str]:
    return environment_of(config, Settings(project or directory), directory)


def test_the_environment_is_stronger_than_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("TEST_A=file\nTEST_B=file\n")
    monkeypatch.setenv("TEST_A", "environment")
    found = environment(ServeConfig(), tmp_path)
    assert (found["TEST_A"], found["TEST_B"]) == ("environment", "file")


def test_serve_takes_the_nearest_up_to_the_project_and_run_none(tmp_path: Path) -> None:
    inner = tmp_path / "project" / "inner"
    inner.mkdir(parents=True)
    project = Settings(tmp_path / "project")
    files = [folder / ".env" for folder in (tmp_path, project.directory, inner)]
    files[0].touch()
    assert env_file_of(ServeConfig(), project, inner) is None
    for file in files[1:]:
        file.touch()
        assert env_file_of(ServeConfig(), project, inner) == file
    assert env_file_of(RunConfig(), project, inner) is None


def test_a_virtual_environment_called_env_is_no_file(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    assert env_file_of(ServeConfig(), Settings(tmp_path), tmp_path) is None


def test_nothing_is_read_where_none_is_wanted(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TEST_A=file\n")
    assert "TEST_A" not in environment(config_with("", "command line"), tmp_path)


@pytest.mark.parametrize(
    ("origin", "folder"), [("command line", "inner"), ("TCLI_SERVE_ENV_FILE", "inner"), (PYPROJECT, ".")]
)
def test_a_name_is_relative_to_where_it_was_written(tmp_path: Path, origin: str, folder: str) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    for file in (tmp_path / "dev.env", inner / "dev.env"):
        file.touch()
    found = env_file_of(config_with("dev.env", origin), Settings(tmp_path), inner)
    assert found == tmp_path / folder / "dev.env"


def test_a_file_that_was_named_must_be_there_and_a_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"dev\.env is not there"):
        environment(config_with("dev.env", "command line"), tmp_path)
    os.mkfifo(tmp_path / "dev.env")
    with pytest.raises(UsageError, match=r"dev\.env is no regular file"):
        environment(config_with("dev.env", "command line"), tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"A=secret\nB secret\n", "line 2"),
        (b"A=secret\xff\n", "UTF-8"),
        (b"A=secret\n" * 200_000, "1 MiB"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_without_what_is_in_it(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / ".env").write_bytes(content)
    with pytest.raises(UsageError, match=words) as caught:
        environment(ServeConfig(), tmp_path)
    assert ".env" in str(caught.value)
    assert "secret" not in f"{caught.value} {caught.value.hint}"
    assert caught.value.__cause__ is None or "secret" not in str(caught.value.__cause__)
