from pathlib import Path
from typing import Any

import pytest

from tornado_cli.config.sources import Settings, check_table, find_settings
from tornado_cli.errors import UsageError

KNOWN = {"port": int, "ssl": bool, "grace": float, "host": str, "log-level": list}
GOOD: dict[str, list[Any]] = {
    "port": [0, 8000],
    "ssl": [True, False],
    "grace": [1, 0.5],
    "host": ["", "::1"],
    "log-level": [[], ["info", "a=debug"]],
}
BAD: dict[str, list[Any]] = {
    "port": [True, 1.0, "1", [1], {}],
    "ssl": [1, "true"],
    "grace": [True, "1", []],
    "host": [1, True, ["a"]],
    "log-level": ["info", [1], {}],
}


def settings_with(table: dict[str, Any]) -> Settings:
    return Settings(Path("/project"), "", {"run": table})


@pytest.mark.parametrize("key", KNOWN)
def test_a_value_has_the_type_of_its_setting(key: str) -> None:
    for value in GOOD[key]:
        check_table(settings_with({key: value}), "run", KNOWN)
    for value in BAD[key]:
        with pytest.raises(UsageError, match=rf"\[tool\.tcli\.run\] {key} must be "):
            check_table(settings_with({key: value}), "run", KNOWN)


def test_without_a_file_there_are_no_settings(tmp_path: Path) -> None:
    # Whatever lies above the folder of temporary files is not ours.
    found = find_settings(tmp_path)
    assert (found.app, found.table_of("run")) == ("", {})


def test_the_nearest_file_counts_and_its_folder_is_known(tmp_path: Path) -> None:
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text('[tool.tcli]\napp = "far"\n')
    assert find_settings(inner).app == "far"
    (tmp_path / "outer" / "pyproject.toml").write_text('[tool.tcli]\napp = "near"\n')
    found = find_settings(inner)
    assert (found.app, found.directory) == ("near", tmp_path / "outer")


def test_tables_of_other_tools_are_nobody_s_business(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.other]\nport = 1\n[project]\nname = 'x'\n")
    check_table(find_settings(tmp_path), "run", KNOWN)


LINES = """\
[tool.tcli]
app = "a"

[tool.tcli.serve]
port = 1

[tool.tcli.run]
# port = 0
"ssl" = true
  port = 2
[tool.tcli.run.more]
host = "x"
"""


@pytest.mark.parametrize(
    ("key", "table", "line"),
    [
        ("app", "tool.tcli", 2),
        ("port", "tool.tcli.serve", 5),
        ("ssl", "tool.tcli.run", 9),
        ("port", "tool.tcli.run", 10),
        ("host", "tool.tcli.run", 0),
        ("more", "tool.tcli.run", 11),
        ("serve", "tool.tcli", 4),
    ],
)
def test_the_line_of_a_key_is_counted_in_its_own_table(key: str, table: str, line: int) -> None:
    assert Settings(Path("/project"), LINES).line_of(key, table) == line


def test_a_place_names_the_file_and_the_line_where_there_is_one() -> None:
    settings = Settings(Path("/project"), LINES)
    assert settings.place_of("port", "tool.tcli.run") == "/project/pyproject.toml, line 10: [tool.tcli.run] port"
    assert settings.place_of("host", "tool.tcli.run") == "/project/pyproject.toml: [tool.tcli.run] host"
