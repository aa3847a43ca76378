"""Few combinations in which each value occurs, and each two that go together occur together."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

Value = bool | str
Row = dict[str, Value]
Item = tuple[str, Value]


def covering(values: Mapping[str, Sequence[Value]], is_allowed: Callable[[Row], bool]) -> list[Row]:
    """Return rows, always the same ones; a name that nothing goes with is left out of its row."""
    missing = dict.fromkeys(pairs_of(values, is_allowed))
    rows = []
    while missing:
        row = filled(Row(next(iter(missing))), values, is_allowed, missing)
        for pair in combinations(sorted(row.items(), key=str), 2):
            missing.pop(frozenset(pair), None)
        rows.append(row)
    return rows


def pairs_of(values: Mapping[str, Sequence[Value]], is_allowed: Callable[[Row], bool]) -> list[frozenset[Item]]:
    items = [(name, value) for name, of_name in values.items() for value in of_name]
    return [
        frozenset({one, two}) for one, two in combinations(items, 2) if one[0] != two[0] and is_allowed(Row([one, two]))
    ]


def filled(
    row: Row,
    values: Mapping[str, Sequence[Value]],
    is_allowed: Callable[[Row], bool],
    missing: Mapping[frozenset[Item], None],
) -> Row:
    """Add to `row`, name by name, what covers most of what is missing."""
    for name in values:
        if name in row:
            continue
        allowed = [value for value in values[name] if is_allowed({**row, name: value})]
        if allowed:
            gain = {
                value: sum(frozenset({item, (name, value)}) in missing for item in row.items()) for value in allowed
            }
            row = {**row, name: max(allowed, key=gain.__getitem__)}
    return row
