import keyword
import re
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_cli.scaffold.catalog import template_root
from tornado_cli.scaffold.names import (
    DEPENDENCIES,
    LONGEST,
    Problem,
    installed_at,
    package_of,
    problem_with,
    problem_with_package,
)

names = st.text() | st.from_regex(r"[a-zA-Z0-9_.\- ]{0,60}", fullmatch=True)


@given(names)
def test_a_name_that_passes_is_a_package_and_a_distribution_and_a_folder_everywhere(name: str) -> None:
    if problem_with(name) is None:
        package = package_of(name)
        assert package.isidentifier()
        assert not keyword.iskeyword(package)
        assert not keyword.issoftkeyword(package)
        assert package not in sys.stdlib_module_names
        assert name.isascii()
        assert name == name.lower()
        assert name[0].isalpha()
        assert name[-1].isalnum()
        assert len(name) <= LONGEST


@given(names)
def test_a_name_that_is_suggested_passes(name: str) -> None:
    problem = problem_with(name)
    if problem is not None:
        assert problem_with(problem.suggestion) is None


@given(names)
def test_a_package_that_is_suggested_passes(name: str) -> None:
    problem = problem_with_package(name)
    if problem is not None:
        assert problem_with_package(problem.suggestion) is None


@pytest.mark.parametrize("name", ["shop", "my-shop", "my_shop", "shop2", "a", "x" * LONGEST])
def test_usual_names_pass(name: str) -> None:
    assert problem_with(name) is None


@pytest.mark.parametrize(
    ("name", "text", "suggestion"),
    [
        ("", "is empty", "my-app"),
        ("Shop", "capital letters", "shop"),
        ("my shop", "characters other than", "my-shop"),
        ("my.shop", "characters other than", "my-shop"),
        ("café", "not plain a-z", "cafe"),
        ("магазин", "not plain a-z", "my-app"),
        ("\u202eshop", "not plain a-z", "shop"),
        ("shop\x1b[31m", "characters other than", "shop-31m"),
        ("shop\n", "characters other than", "shop"),
        ("{{shop}}", "characters other than", "shop"),
        ("'shop'", "characters other than", "shop"),
        ("2shop", "does not begin with a letter", "my-2shop"),
        ("-rf", "does not begin with a letter", "rf"),
        ("_shop", "does not begin with a letter", "shop"),
        ("shop-", "does not end with", "shop"),
        ("my--shop", "two of - and _", "my-shop"),
        ("x" * (LONGEST + 1), "more than", "x" * LONGEST),
        ("class", "word of the Python language", "my-class"),
        ("match", "word of the Python language", "my-match"),
        ("json", "standard library", "my-json"),
        ("test", "standard library", "my-test"),
        ("tornado", "depends on", "my-tornado"),
        ("tests", "folder of every project", "my-tests"),
        ("pip", "tools", "my-pip"),
        ("tornado-cli", "tools", "my-tornado-cli"),
        ("con", "device on Windows", "my-con"),
        ("com1", "device on Windows", "my-com1"),
    ],
)
def test_a_problem_is_told_with_a_name_that_would_do(name: str, text: str, suggestion: str) -> None:
    problem = problem_with(name)
    assert problem is not None
    assert text in problem.text
    assert problem.suggestion == suggestion


def test_a_package_cannot_have_a_dash() -> None:
    assert problem_with_package("my-shop") == Problem("has a -, which no Python name may have", "my_shop")
    assert problem_with_package("my_shop") is None


def test_all_dependencies_of_the_template_are_known() -> None:
    written = tomllib.loads((template_root() / "project/pyproject.toml").read_text())
    project = written["project"]
    wanted = [*written["build-system"]["requires"], *project["dependencies"]]
    wanted += [name for extra in project["optional-dependencies"].values() for name in extra]
    assert {re.split(r"[\[<>=~]", name)[0].replace("-", "_") for name in wanted} <= DEPENDENCIES


def test_an_installed_module_is_found_without_being_imported(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text("raise SystemExit")
    assert installed_at("shop", [str(tmp_path)]) == str(tmp_path / "shop.py")
    assert installed_at("shop", []) is None


def test_what_lies_in_the_working_directory_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shop.py").touch()
    monkeypatch.chdir(tmp_path)
    assert installed_at("shop", ["", str(tmp_path), "."]) is None
