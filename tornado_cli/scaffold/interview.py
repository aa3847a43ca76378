"""Asks what was not typed: the template, and, for those who want to change something, each answer."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tornado_cli.rendering import Answers
from tornado_cli.scaffold.answers import FLAG, Answer, Question, options
from tornado_cli.scaffold.catalog import DEFAULT_PRESET, PRESETS
from tornado_cli.scaffold.generate import absolute
from tornado_cli.scaffold.names import problem_with
from tornado_cli.scaffold.rules import ContradictionError, completed

YES, NO, CHANGE = "yes", "no", "change"


class Ask(Protocol):
    def __call__(self, question: str, *, choices: Sequence[str] = (), default: str = "") -> str:
        """Return what was typed, or `default`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    preset: str
    given: Answers


def asked_name(ask: Ask, show: Callable[[str], None]) -> Path:
    default = ""
    while True:
        target = Path(ask("Name of the project", default=default) or ".")
        problem = problem_with(absolute(target).name)
        if problem is None:
            return target
        show(f"It {problem.text}.")
        default = str(target.parent / problem.suggestion)


def interview(ask: Ask, show: Callable[[str], None]) -> Wanted | None:
    """Return what is wanted; None: nothing."""
    show("\n".join(["", *(f"  {name:10} {preset.summary}" for name, preset in PRESETS.items())]))
    preset = ask("Template", choices=list(PRESETS), default=DEFAULT_PRESET)
    given: Answers = {}
    while True:
        show("\n".join(summary(preset, given)))
        match ask("Make it?", choices=(YES, CHANGE, NO), default=YES):
            case "yes":
                return Wanted(preset=preset, given=given)
            case "no":
                return None
        given = asked_answers(ask, preset)


def summary(preset: str, given: Answers) -> Iterator[str]:
    """The answers, but for those that this template leaves no choice for."""
    answers = completed(PRESETS[preset].answers, given)
    open_questions = [question for question in options() if len(possible(preset, {}, question)) > 1]
    width = max(len(question.summary) for question in open_questions)
    yield ""
    for question in open_questions:
        yield f"  {question.summary:{width}}  {word_of(answers[question.name])}"


def asked_answers(ask: Ask, preset: str) -> dict[str, Answer]:
    """Ask each question that still has more than one answer after those before it."""
    given: dict[str, Answer] = {}
    for question in options():
        fitting = possible(preset, given, question)
        usual = completed(PRESETS[preset].answers, given)[question.name]
        if len(fitting) > 1:
            given[question.name] = asked_answer(ask, question, fitting, usual)
    return given


def asked_answer(ask: Ask, question: Question, fitting: Sequence[Answer], usual: Answer) -> Answer:
    words = {word_of(value): value for value in fitting}
    choices = [YES, NO] if question.values == FLAG else list(words)
    return words[ask(question.summary, choices=choices, default=word_of(usual))]


def possible(preset: str, given: Answers, question: Question) -> list[Answer]:
    """The answers to `question` that go with those that were given."""
    return [value for value in question.values if is_possible(preset, {**given, question.name: value})]


def is_possible(preset: str, given: Answers) -> bool:
    try:
        completed(PRESETS[preset].answers, given)
    except ContradictionError:
        return False
    return True


def word_of(answer: Answer) -> str:
    return {True: YES, False: NO}[answer] if isinstance(answer, bool) else answer
