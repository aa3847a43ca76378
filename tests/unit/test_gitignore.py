"""Ignore files mean what they mean to git."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tornado_cli.serve.watching.gitignore import is_ignored, parse_ignore_file


def says(text: str, path: str, *, is_folder: bool = False) -> bool | None:
    return parse_ignore_file("/p", text).verdict(f"/p/{path}", is_folder=is_folder)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("build", "build"), ("build", "a/b/build"), ("/build", "build"), ("a/build", "a/build"),
        ("*.py", "a/main.py"), ("*.py[cod]", "a/main.pyc"), ("data?", "data1"), ("[!a]b", "cb"), ("[^a]b", "cb"),
        ("**/logs", "logs"), ("**/logs", "a/b/logs"), ("logs/**", "logs/a/b"), ("a/**/b", "a/b"),
        ("a/**/b", "a/x/y/b"), ("a/*/b", "a/x/b"), ("\\#x", "#x"), ("\\!x", "!x"), ("a\\ ", "a "), ("a  ", "a"),
        ("[[:digit:]]x", "1x"), ("[]-]x", "]x"), ("[a-c]x", "bx"), ("a\\*b", "a*b"), ("x\r", "x"), ("**", "a/b"),
    ],
)  # fmt: skip
def test_a_pattern_ignores(pattern: str, path: str) -> None:
    assert says(pattern, path) is True


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/build", "a/build"), ("a/build", "x/a/build"), ("build/", "build"), ("*.py", "main.pyc"), ("# x", "# x"),
        ("data?", "data"), ("a/*", "a/b/c"), ("a*b", "a/b"), ("[a]b", "cb"), ("logs/**", "logs"), ("", "x"), ("/", "x"),
        ("x\\", "x"), ("x\\", "x\\"), ("[ab", "a"), ("[ab", "[ab"), ("a?b", "a/b"), ("a[!x]b", "a/b"), ("[z-a]", "m"),
    ],
)  # fmt: skip
def test_a_pattern_leaves_alone(pattern: str, path: str) -> None:
    assert says(pattern, path) is None


def test_a_pattern_that_ends_with_a_slash_is_for_folders_alone() -> None:
    assert says("build/", "a/build", is_folder=True) is True
    assert says("build/", "a/build") is None


def test_the_last_line_that_matches_counts() -> None:
    assert says("*.py\n!main.py", "main.py") is False
    assert says("!main.py\n*.py", "main.py") is True


def test_the_innermost_file_that_says_something_counts() -> None:
    outer = parse_ignore_file("/p", "*.py\nbuild")
    inner = parse_ignore_file("/p/a", "!main.py")
    assert not is_ignored([outer, inner], "/p/a/main.py", is_folder=False)
    assert is_ignored([outer, inner], "/p/a/other.py", is_folder=False)
    assert not is_ignored([outer, inner], "/p/a/x.txt", is_folder=False)


_TEXT = st.text(st.sampled_from("ab*?[]!^-\\/. #"), min_size=1, max_size=8)
_NAME = st.text(st.sampled_from("ab-.!#[ "), min_size=1, max_size=3).filter(lambda name: name not in {".", ".."})


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q", folder], check=True)
    return folder


@pytest.mark.outside("git")
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(_TEXT, min_size=1, max_size=4), parts=st.lists(_NAME, min_size=1, max_size=3))
def test_git_says_the_same_of_any_pattern_and_path(repository: Path, lines: list[str], parts: list[str]) -> None:
    (repository / ".gitignore").write_text("\n".join(lines) + "\n")
    (repository / "/".join(parts)).parent.mkdir(parents=True, exist_ok=True)
    paths = ["/".join(parts[: number + 1]) for number in range(len(parts))]
    answer = subprocess.run(
        ["git", "check-ignore", "--no-index", "-z", "--stdin"],
        cwd=repository,
        input="\0".join(paths).encode(),
        capture_output=True,
        check=False,
    )
    shutil.rmtree(repository / parts[0], ignore_errors=True)
    rules = [parse_ignore_file(str(repository), (repository / ".gitignore").read_text())]
    ours = (path for path in paths if is_ignored(rules, str(repository / path), is_folder=path != paths[-1]))
    theirs = (path for path in answer.stdout.decode().split("\0")[:-1])
    # What is in an ignored folder is ignored without being looked at.
    assert next(ours, None) == next(theirs, None), answer.stderr
