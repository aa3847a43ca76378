from itertools import product

import pytest

from tornado_cli.rendering import Answers
from tornado_cli.scaffold.answers import QUESTIONS, Answer, flag_of, nothing, options
from tornado_cli.scaffold.catalog import API, FULL, PRESETS, REALTIME, WEB
from tornado_cli.scaffold.rules import RULES, ContradictionError, completed, is_broken


def without_nothing(answers: Answers) -> Answers:
    return {name: value for name, value in answers.items() if value != nothing()[name]}


@pytest.mark.parametrize("preset", [{}, WEB, API, REALTIME, FULL])
def test_a_preset_needs_no_mending(preset: Answers) -> None:
    assert without_nothing(completed(preset, {})) == preset


@pytest.mark.parametrize(
    ("preset", "given", "expected"),
    [
        ({}, {"auth": "password"}, {"auth": "password", "db": "sqlite", "sessions": "db"}),
        ({}, {"sessions": "redis"}, {"auth": "password", "db": "sqlite", "sessions": "redis"}),
        ({}, {"auth": "oauth", "db": "mongo"}, {"auth": "oauth", "db": "mongo", "sessions": "db"}),
        (WEB, {"db": "none"}, {"pages": True}),
        (WEB, {"auth": "none"}, {"pages": True, "db": "sqlite"}),
        (WEB, {"sessions": "none"}, {"pages": True, "db": "sqlite"}),
        (API, {"openapi": False}, {"crud": True, "db": "sqlite", "metrics": True}),
    ],
)
def test_what_was_not_said_follows_from_what_was(preset: Answers, given: Answers, expected: Answers) -> None:
    assert without_nothing(completed(preset, given)) == expected


@pytest.mark.parametrize(
    ("preset", "given", "message", "hint"),
    [
        ({}, {"auth": "password", "db": "none"}, "database. --auth password and --db none do not", "--db sqlite"),
        (WEB, {"auth": "oauth", "sessions": "none"}, "--auth oauth and --sessions none do not", "--sessions db"),
        (API, {"db": "none"}, "A template with a REST API and --db none do not", "--db sqlite"),
        (WEB, {"openapi": True}, "--openapi and a template without a REST API", "Leave --openapi out, or choose a"),
    ],
)
def test_a_contradiction_is_told_with_its_reason(preset: Answers, given: Answers, message: str, hint: str) -> None:
    with pytest.raises(ContradictionError) as caught:
        completed(preset, given)
    assert message in str(caught.value)
    assert hint in caught.value.hint


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_two_answers_are_kept_and_go_together_or_are_refused(preset: str) -> None:
    pairs: list[tuple[str, Answer]] = [(one.name, value) for one in options() for value in one.values]
    for one, two in product(pairs, pairs):
        given = dict([one, two])
        try:
            answers = completed(PRESETS[preset].answers, given)
        except ContradictionError:
            continue
        assert not any(is_broken(rule, answers) for rule in RULES)
        assert {name: answers[name] for name in given} == given


def test_an_answer_is_typed_as_an_option() -> None:
    assert [flag_of("worker", value) for value in (True, False)] == ["--worker", "--no-worker"]
    assert flag_of("db", "sqlite") == "--db sqlite"


def test_presets_and_rules_speak_of_the_table() -> None:
    pairs = [pair for preset in PRESETS.values() for pair in preset.answers.items()]
    pairs += [(rule.needs, rule.usual) for rule in RULES] + [(rule.name, nothing()[rule.name]) for rule in RULES]
    for name, value in pairs:
        assert value in QUESTIONS[name].values
