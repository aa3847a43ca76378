from itertools import combinations, product

from support.covering import Row, covering

VALUES = {"a": (True, False), "b": ("x", "y", "z"), "c": (True, False), "d": ("1", "2", "3")}


def is_allowed(row: Row) -> bool:
    return not (row.get("a") is True and row.get("b") == "z")


def test_each_two_values_that_go_together_occur_together() -> None:
    rows = covering(VALUES, is_allowed)
    for one, two in combinations(VALUES, 2):
        for pair in product(VALUES[one], VALUES[two]):
            found = any((row[one], row[two]) == pair for row in rows)
            assert found == is_allowed(dict(zip((one, two), pair, strict=True)))
    assert all(map(is_allowed, rows))


def test_they_are_few_and_always_the_same() -> None:
    rows = covering(VALUES, is_allowed)
    assert len(rows) < 13
    assert rows == covering(VALUES, is_allowed)


def test_what_goes_with_nothing_is_left_out_of_a_row() -> None:
    rows = covering({"a": ("1",), "b": ("2",), "c": ("3",)}, lambda row: not {"b", "c"} <= row.keys())
    assert rows == [{"a": "1", "b": "2"}, {"a": "1", "c": "3"}]
