"""Every answer alone and every two together make a project without a fault that can be seen without running it."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from support.covering import Row, covering
from support.project import write
from tornado.template import Template

from tornado_cli.scaffold.answers import Answer, options
from tornado_cli.scaffold.catalog import PRESETS
from tornado_cli.scaffold.generate import Plan, plan
from tornado_cli.scaffold.rules import ContradictionError, completed

pytestmark = pytest.mark.thorough
TEMPLATE = "template"
LEFT_OVER = re.compile(r"(#|<!--|/\*) ?%|project[-_ ]name", re.IGNORECASE)
TRANSLATION = re.compile(r"\b_\(|locale\.translate")
VOID = {"br", "hr", "img", "input", "link", "meta", "source", "wbr"}
OF_OTHERS = re.compile(r"\{% (extends|include) .*?%\}")
OF_TORNADO = re.compile(r"\{[{%#].*?[#%}]\}", re.DOTALL)


def goes_together(row: Row) -> bool:
    given = {name: value for name, value in row.items() if name != TEMPLATE}
    return any(is_complete(preset, given) for preset in ([str(row[TEMPLATE])] if TEMPLATE in row else PRESETS))


def is_complete(preset: str, given: Row) -> bool:
    try:
        completed(PRESETS[preset].answers, given)
    except ContradictionError:
        return False
    return True


def rows() -> list[Row]:
    """Every answer alone, on each template, then every two together."""
    values: dict[str, tuple[Answer, ...]] = {question.name: question.values for question in options()}
    bare = [Row({TEMPLATE: preset}) for preset in PRESETS]
    alone = [
        next(filter(goes_together, ({**row, name: value} for row in bare)))
        for name, offered in values.items()
        for value in offered[1:]
    ]
    return bare + alone + covering({TEMPLATE: tuple(PRESETS), **values}, goes_together)


def planned(row: Row, target: Path) -> Plan:
    given = {name: value for name, value in row.items() if name != TEMPLATE}
    return plan(target, preset=str(row[TEMPLATE]), given=given)


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> list[Plan]:
    """Not written."""
    return [planned(row, tmp_path_factory.mktemp("tree") / "my-shop") for row in rows()]


def test_there_are_few_enough_of_them() -> None:
    assert len(PRESETS) <= len(rows()) <= 80


class Balance(HTMLParser):
    """Fails at an element that is closed in another place than it was opened."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Nothing is left open."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing at {self.getpos()}"
        assert self.open.pop() == tag, f"</{tag}> at {self.getpos()}"


def check_page(text: str) -> None:
    Template(OF_OTHERS.sub("", text))
    Balance(OF_TORNADO.sub("", text))


CHECKS: dict[str, Callable[[str], object]] = {
    ".py": lambda text: compile(text, "it", "exec", dont_inherit=True),
    ".toml": tomllib.loads,
    ".json": json.loads,
    ".html": check_page,
    ".yaml": yaml.safe_load,
    ".yml": yaml.safe_load,
    ".svg": Balance,
}


def test_every_file_parses_and_nothing_of_the_template_is_left_in_it(trees: list[Plan]) -> None:
    seen = set()
    for tree in trees:
        for file in tree.files:
            if (file.path, file.content) in seen:
                continue
            seen.add((file.path, file.content))
            where = f"{file.path} of {tree.project.answers}"
            text = file.content.decode()
            assert not LEFT_OVER.search(f"{file.path}\n{text}"), where
            assert tree.project.answers["i18n"] or not TRANSLATION.search(text), where
            try:
                CHECKS.get(file.path.suffix, str)(text)
            except Exception as error:
                raise AssertionError(where) from error


def test_all_are_lint_free_and_formatted(trees: list[Plan]) -> None:
    for tree in trees:
        # Not as `tcli new` does it, which waits for the disk at each file.
        write(tree.target, {str(file.path): file.content.decode() for file in tree.files})
    roots = [str(tree.target) for tree in trees]
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--no-cache", *roots],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("preset", PRESETS)
def test_the_same_answers_make_the_same_bytes_apart_from_secrets(tmp_path: Path, preset: str) -> None:
    one, two = (plan(tmp_path / "shop", preset=preset).files for _ in range(2))
    assert {file.path.name for file, other in zip(one, two, strict=True) if file != other} <= {".env"}
