"""The table of answers: what a project can be asked to be."""

from collections.abc import Mapping
from dataclasses import dataclass

Answer = bool | str

NONE = "none"
FLAG: tuple[Answer, ...] = (False, True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One thing to decide; the first value is that of a project without it."""

    name: str
    summary: str
    values: tuple[Answer, ...] = FLAG
    is_of_preset: bool = False
    """The preset alone answers it: there is no option."""


QUESTIONS: Mapping[str, Question] = {
    question.name: question
    for question in (
        Question(name="pages", summary="HTML pages", is_of_preset=True),
        Question(name="crud", summary="a REST API", is_of_preset=True),
        Question(name="rooms", summary="WebSocket rooms", is_of_preset=True),
        Question(name="db", summary="Where data is kept", values=(NONE, "sqlite", "postgres", "mysql", "mongo")),
        Question(name="auth", summary="How people log in", values=(NONE, "password", "oauth")),
        Question(name="sessions", summary="Where logins are remembered", values=(NONE, "cookie", "db", "redis")),
        Question(
            name="broker",
            summary="What carries messages from process to process",
            values=(NONE, "redis", "rabbitmq", "both"),
        ),
        Question(name="worker", summary="Jobs in the background, and in other processes"),
        Question(name="openapi", summary="The API described by OpenAPI"),
        Question(name="metrics", summary="Metrics for Prometheus"),
        Question(name="otel", summary="Traces by OpenTelemetry"),
        Question(name="i18n", summary="Pages in more than one language"),
        Question(name="wsgi", summary="A WSGI application mounted in this one"),
        Question(name="ci", summary="Checks at each push", values=(NONE, "github", "gitlab")),
        Question(name="python", summary="The oldest Python that it is for", values=("3.11", "3.12", "3.13", "3.14")),
        Question(name="license", summary="Its license", values=(NONE, "Apache-2.0", "BSD-3-Clause", "ISC", "MIT")),
    )
}


def options() -> list[Question]:
    """The questions that have an option."""
    return [question for question in QUESTIONS.values() if not question.is_of_preset]


def nothing() -> dict[str, Answer]:
    """The answers of a project with nothing on."""
    return {question.name: question.values[0] for question in QUESTIONS.values()}


def flag_of(name: str, value: Answer) -> str:
    """An answer as it is typed."""
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no-{name}"
    return f"--{name} {value}"
