"""Records are values: their fields are all they are, and nobody changes them. States change."""

from typing import Any

import pytest

from tornado_cli.records import Record, State, anew


class Moved(Record):
    """Two fields, of which one may be left out."""

    who: str
    steps: int = 1


class MovedFar(Moved):
    """One more field."""

    where: str = "away"


class Stood(Record):
    who: str
    steps: int = 1


class Journey(State):
    who: str
    stops: list[str] = anew(factory=list)


def test_fields_are_given_by_place_or_by_name_and_have_defaults() -> None:
    assert Moved("ann") == Moved(who="ann", steps=1) == Moved("ann", 1)
    assert (Moved("ann", steps=3).who, Moved("ann", steps=3).steps) == ("ann", 3)
    assert MovedFar("ann", 2, "home") == MovedFar("ann", where="home", steps=2)


@pytest.mark.parametrize(
    ("values", "named"),
    [((), {}), (("ann", 1, 2), {}), (("ann",), {"who": "bob"}), (("ann",), {"pace": 1}), ((), {"steps": 1, "pace": 2})],
)
def test_a_field_that_is_missing_unknown_or_given_twice_is_refused(
    values: tuple[Any, ...], named: dict[str, Any]
) -> None:
    with pytest.raises(TypeError, match="Moved takes steps, who"):
        Moved(*values, **named)


def test_a_record_equals_one_of_its_own_kind_with_the_same_fields_only() -> None:
    assert Moved("ann") != Moved("bob")
    assert Moved("ann") != Stood("ann")
    assert Moved("ann") != MovedFar("ann")
    assert len({Moved("ann"), Moved("ann", 1), Stood("ann")}) == 2


def test_nobody_changes_a_record() -> None:
    moved: Any = Moved("ann")
    with pytest.raises(AttributeError, match="Moved is not to be changed"):
        moved.steps = 2
    assert moved.steps == 1


def test_another_is_made_with_some_fields_changed() -> None:
    assert Moved("ann").but(steps=3) == Moved("ann", 3)
    with pytest.raises(TypeError, match="Moved takes"):
        Moved("ann").but(pace=3)


def test_a_record_is_matched_by_place_and_by_name() -> None:
    match MovedFar("ann", 4):
        case MovedFar(who, steps, where="away"):
            assert (who, steps) == ("ann", 4)
        case _:
            pytest.fail("not matched")


def test_a_record_shows_its_fields() -> None:
    assert repr(Moved("ann")) == "Moved(who='ann', steps=1)"


def test_a_state_changes_and_is_no_other_that_looks_the_same() -> None:
    first, second = Journey("ann"), Journey("ann")
    first.who = "bob"
    assert (first.who, second.who) == ("bob", "ann")
    assert Journey("ann") != second


def test_what_a_state_has_by_default_is_its_own() -> None:
    first, second = Journey("ann"), Journey("ann")
    first.stops.append("home")
    assert (first.stops, second.stops) == (["home"], [])
    assert Journey("ann", ["away"]).stops == ["away"]
