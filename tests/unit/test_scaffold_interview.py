import re
from collections.abc import Sequence
from pathlib import Path

from tornado_cli.scaffold.interview import Wanted, asked_name, interview


class Person:
    """Types what was planned, and remembers what was to be seen."""

    def __init__(self, *typed: str) -> None:
        self.typed = list(typed)
        self.asked: list[str] = []
        self.shown = ""

    def ask(self, question: str, *, choices: Sequence[str] = (), default: str = "") -> str:
        self.asked.append(question)
        answer = self.typed.pop(0) if self.typed else ""
        assert not answer or not choices or answer in choices, f"{question}: {answer} is none of {choices}"
        assert default or not choices
        return answer or default

    def show(self, text: str) -> None:
        self.shown += f"{text}\n"


def test_who_presses_return_gets_the_defaults() -> None:
    person = Person()
    assert interview(person.ask, person.show) == Wanted(preset="web", given={})
    assert person.asked == ["Template", "Make it?"]
    assert re.search(r"^  How people log in +password$", person.shown, re.MULTILINE)
    assert "OpenAPI" not in person.shown


def test_who_wants_a_change_is_asked_each_question() -> None:
    person = Person("minimal", "change", "none")
    wanted = interview(person.ask, person.show)
    assert wanted is not None
    assert wanted.preset == "minimal"
    assert wanted.given["db"] == "none"
    assert wanted.given["worker"] is False
    assert "Its license" in person.asked


def test_what_earlier_answers_decide_is_not_asked() -> None:
    person = Person("web", "change", "none")
    interview(person.ask, person.show)
    assert "Where data is kept" in person.asked
    assert "How people log in" not in person.asked
    assert person.asked.count("Make it?") == 2


def test_who_says_no_gets_nothing() -> None:
    person = Person("web", "no")
    assert interview(person.ask, person.show) is None


def test_a_name_is_asked_for_until_it_will_do() -> None:
    person = Person("My Shop", "")
    assert asked_name(person.ask, person.show) == Path("my-shop")
    assert "characters other than" in person.shown
