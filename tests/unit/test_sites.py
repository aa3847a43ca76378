"""Who is named for a stack: the innermost line of the project, and what it called."""

import json
import linecache
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tornado_cli.app.sites import Blame, Site, blame_of, owners_in, short_path, site_of, stack_of


def site_in(file: Path, code: str, **given: Any) -> Site:
    """Run a file of the project and return the place that is seen from within `look()`, which it calls."""
    file.write_text(code)
    linecache.checkcache(str(file))
    found: list[Site] = []

    def look(*_: Any, **__: Any) -> int:
        found.append(site_of(stack_of(sys._getframe()), lambda name: name == str(file)))
        return 1

    namespace: dict[str, Any] = {"look": look, "look_in_library": by_a_library(look), "__name__": "shop", **given}
    exec(compile(code, str(file), "exec"), namespace)
    namespace["run"]()
    [site] = found
    return site


def by_a_library(look: Callable[[], int]) -> Callable[[], str]:
    """Return what calls it from within the standard library."""
    return lambda: json.dumps(object(), default=lambda _: look())


@pytest.mark.parametrize(
    ("line", "called"),
    [
        ("look()", "look"),
        ("some.where.look(1, two=2)", "some.where.look"),
        ("x = [some.where.look\n   (\n  1)]", "some.where.look"),
        ("'äöü', some.where.look()", "some.where.look"),
        ("[some.where.look][0]()", "test_sites.look"),
    ],
)
def test_the_projects_line_is_named_and_what_it_called(tmp_path: Path, line: str, called: str) -> None:
    shop = tmp_path / "shop.py"
    code = f"def run():\n    some.where.look = look\n    {line}\n"
    blame = blame_of(site_in(shop, code, some=SimpleNamespace(where=SimpleNamespace())))
    assert blame == Blame(file=str(shop), line=3, function="run", called=called)


def test_a_library_is_not_named_for_what_the_project_has_it_do(tmp_path: Path) -> None:
    shop = tmp_path / "shop.py"
    code = "class Shop:\n    def get(self):\n        look_in_library()\n\ndef run():\n    Shop().get()\n"
    expected = Blame(file=str(shop), line=3, function="Shop.get", called="look_in_library")
    assert blame_of(site_in(shop, code)) == expected


def test_where_the_source_has_changed_the_code_itself_tells_what_was_called(tmp_path: Path) -> None:
    shop = tmp_path / "shop.py"
    site = site_in(shop, "def run():\n    look()\n")
    shop.write_text("def run(:\n    (((\n")
    linecache.checkcache(str(shop))
    assert blame_of(site).called == "test_sites.look"


def test_a_line_that_calls_nothing_is_named_alone(tmp_path: Path) -> None:
    file = tmp_path / "shop.py"
    file.write_text("def run():\n    number + 1\n")
    site = Site(code=compile(file.read_text(), str(file), "exec").co_consts[0], instruction=0, line=2)
    assert blame_of(site) == Blame(file=str(file), line=2, function="run")


def test_where_a_function_was_defined_does_not_matter(tmp_path: Path) -> None:
    code = "def run():\n    class Shop:\n        def get(self):\n            look()\n    Shop().get()\n"
    assert blame_of(site_in(tmp_path / "shop.py", code)).function == "Shop.get"


def test_whose_methods_are_run_is_seen() -> None:
    class Shop:
        def get(self) -> list[object]:
            return owners_in(stack_of(sys._getframe()))

    shop = Shop()
    assert shop in shop.get()


def test_paths_are_told_from_the_working_directory_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert short_path(str(tmp_path / "shop/app.py")) == "shop/app.py"
    assert short_path("/elsewhere/app.py") == "/elsewhere/app.py"
