"""What a project asks for and does not have."""

from pathlib import Path

import pytest
from support.project import write

from tornado_cli.app.requirements import missing_requirements


def project(folder: Path, text: str) -> list[str]:
    write(folder, {"pyproject.toml": text, "src/shop/__init__.py": ""})
    return missing_requirements(folder / "src")


def test_those_that_are_not_installed_are_named_in_their_order(tmp_path: Path) -> None:
    text = '[project]\ndependencies = ["no-such-b>=2,<3", "tornado>=6", "No_Such.A[extra]", "Click", "pytest_xdist"]\n'
    assert project(tmp_path, text) == ["no-such-b", "No_Such.A"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[project\n",
        "[project]\n",
        'project = "shop"\n',
        '[project]\ndependencies = "no-such"\n',
        "[project]\ndependencies = [1, {}, '']\n",
        "[project]\ndependencies = ['no-such; sys_platform == \"win32\"']\n",
    ],
)
def test_where_nothing_can_be_told_nothing_is(tmp_path: Path, text: str) -> None:
    assert project(tmp_path, text) == []
