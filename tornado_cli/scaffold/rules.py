"""What goes with what: completes the answers that were given, or says why they do not go together."""

from collections.abc import Mapping
from dataclasses import dataclass

from tornado_cli.errors import UsageError
from tornado_cli.rendering import Answers, holds
from tornado_cli.scaffold.answers import QUESTIONS, Answer, flag_of, nothing


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One answer needs another."""

    name: str
    needs: str
    usual: Answer
    """What is taken for `needs` where nothing was said."""
    reason: str


RULES = (
    Rule(name="sessions", needs="auth", usual="password", reason="Sessions are those of people who logged in."),
    Rule(name="auth", needs="db", usual="sqlite", reason="Accounts have to be kept in a database."),
    Rule(name="auth", needs="sessions", usual="db", reason="A login is remembered in a session."),
    Rule(name="crud", needs="db", usual="sqlite", reason="A REST API has to keep its data in a database."),
    Rule(name="openapi", needs="crud", usual=True, reason="OpenAPI describes a REST API."),
    Rule(name="broker", needs="rooms", usual=True, reason="A broker carries what is said in rooms to other processes."),
    Rule(name="i18n", needs="pages", usual=True, reason="What is translated are pages."),
)


class ContradictionError(UsageError):
    """Answers that were given do not go together."""

    def __init__(self, rule: Rule, answers: Answers) -> None:
        told = " and ".join(described(name, answers[name]) for name in (rule.name, rule.needs))
        super().__init__(f"{rule.reason} {told[0].upper()}{told[1:]} do not go together.", hint=self.hint_for(rule))

    @staticmethod
    def hint_for(rule: Rule) -> str:
        if QUESTIONS[rule.needs].is_of_preset:
            return f"Leave --{rule.name} out, or choose a template with {QUESTIONS[rule.needs].summary}."
        return f"Try: {flag_of(rule.needs, rule.usual)}"


def described(name: str, answer: Answer) -> str:
    question = QUESTIONS[name]
    if question.is_of_preset:
        return f"a template {'with' if answer else 'without'} {question.summary}"
    return flag_of(name, answer)


def completed(preset: Answers, given: Answers) -> dict[str, Answer]:
    """All answers: those given, then those of the preset, each changed only where a rule wants it.

    An answer that was given is never changed, nor what the preset alone can say.
    """
    answers = {**nothing(), **preset, **given}
    settled = {*given, *(name for name, question in QUESTIONS.items() if question.is_of_preset)}
    while rule := next((rule for rule in RULES if is_broken(rule, answers)), None):
        name, answer = mended(rule, answers, settled)
        answers[name] = answer
        settled.add(name)
    return answers


def is_broken(rule: Rule, answers: Answers) -> bool:
    return holds(f"{rule.name} and not {rule.needs}", answers, "rules")


def mended(rule: Rule, answers: Mapping[str, Answer], settled: set[str]) -> tuple[str, Answer]:
    """Which answer to change, and to what."""
    if rule.needs not in settled:
        return rule.needs, rule.usual
    if rule.name not in settled:
        return rule.name, QUESTIONS[rule.name].values[0]
    raise ContradictionError(rule, answers)
