"""Writes down, in a project's own pyproject.toml, what it was made from."""

import json
from collections.abc import Iterator, Mapping

from tornado_cli import __version__
from tornado_cli.scaffold.answers import QUESTIONS, Answer

HEAD = "\n[tool.tcli.template] # What `tcli new` made this project from.\n"


def table_of(preset: str, package: str, answers: Mapping[str, Answer]) -> str:
    """The table, with each answer that is not that of a project without anything."""
    return HEAD + "".join(f"{name} = {json.dumps(value)}\n" for name, value in values_of(preset, package, answers))


def values_of(preset: str, package: str, answers: Mapping[str, Answer]) -> Iterator[tuple[str, Answer]]:
    yield "preset", preset
    yield "version", __version__
    yield "package", package
    for name, question in QUESTIONS.items():
        if answers[name] != question.values[0]:
            yield name, answers[name]
