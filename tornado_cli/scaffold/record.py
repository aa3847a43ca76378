"""Writes down, in a project's own pyproject.toml, what it was made from."""

import json
from collections.abc import Iterator, Mapping

from tornado_cli.scaffold.answers import QUESTIONS, Answer
from tornado_cli.scaffold.template import Template

HEAD = "\n[tool.tcli.template] # What `tcli new` made this project from.\n"


def table_of(preset: str, package: str, answers: Mapping[str, Answer], template: Template) -> str:
    """The table, with each answer that is not that of a project without anything."""
    values = values_of(preset, package, answers, template)
    return HEAD + "".join(f"{name} = {json.dumps(value)}\n" for name, value in values if value != "")


def values_of(
    preset: str, package: str, answers: Mapping[str, Answer], template: Template
) -> Iterator[tuple[str, Answer]]:
    yield "preset", preset
    yield "source", template.source
    yield "version", template.version
    yield "package", package
    for name, question in QUESTIONS.items():
        if answers[name] != question.values[0]:
            yield name, answers[name]
