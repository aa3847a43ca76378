"""What dataclasses have compiled is compiled by one process; the classes of all are what plain Python makes."""

import dataclasses
import inspect
import os
import resource
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.forks import told_by

from tornado_cli.serve.forkservers import compiled as module
from tornado_cli.serve.forkservers.compiled import Compiled

ITEM = "def item():\n    return {number}\n"
# Says how many texts each fork has compiled: the first, one that comes later, and one whose class has another field.
FORKS = """
import dataclasses, json, sys
from support.forks import forked
from tornado_cli.serve.forkservers.compiled import Compiled

compiled = Compiled()
compiled.begin()
texts = []
sys.addaudithook(lambda event, facts: texts.append(facts) if event == "compile" and facts[1] == "<string>" else None)

def made(field):
    item = dataclasses.make_dataclass("Item", [field, "price"], frozen=True)
    compiled.end()
    return [len(texts), repr(item(1, 2)), "exec" in vars(dataclasses)]

found = []
for field in ("name", "name", "title"):
    compiled.share()
    found.append(forked(lambda: made(field)))
print(json.dumps(found))
"""


@pytest.fixture
def pair() -> Iterator[tuple[Compiled, Compiled]]:
    """Two that tell each other, as two forks do."""
    one, other = Compiled(), Compiled()
    os.dup2(one._file, other._file, inheritable=False)
    yield one, other
    for each in (one, other):
        os.close(each._file)


def executed(compiled: Compiled, number: int) -> Any:
    """Return what a text defines that is executed."""
    names: dict[str, Any] = {}
    compiled.execute(ITEM.format(number=number), {}, names)
    return names["item"]


def test_what_one_fork_has_had_compiled_the_next_has_not() -> None:
    first, second, other = told_by(FORKS)
    assert first[0] > 0
    assert second == [0, "Item(name=1, price=2)", False]
    assert other[0] > 0
    assert other[1] == "Item(title=1, price=2)"


def test_what_was_told_is_equal_code_in_objects_of_its_own(pair: tuple[Compiled, Compiled]) -> None:
    one, other = pair
    first = executed(one, 1)
    one.share()
    other.share()
    second = executed(other, 1)
    assert second() == 1
    assert second.__code__ == first.__code__
    # As the interpreter has it: what it learns of one's types is of no use for the other.
    assert second.__code__ is not first.__code__
    assert executed(other, 1).__code__ is not second.__code__
    other.share()
    # Nobody tells what he was told.
    assert os.fstat(one._file).st_size == one._read


def test_somebodys_own_module_of_that_name_is_left_alone() -> None:
    own = ModuleType("dataclasses")
    own.__file__ = "/srv/shop/dataclasses.py"
    compiled = Compiled()
    compiled._stand_in(own)
    assert not hasattr(own, "exec")
    compiled.end()


def test_a_text_that_does_not_compile_fails_each_time_as_it_would_otherwise() -> None:
    compiled = Compiled()
    for _ in range(2):
        with pytest.raises(SyntaxError, match=r"<string>, line 1"):
            compiled.execute("def :", {})


def test_what_is_still_being_written_is_read_later(pair: tuple[Compiled, Compiled]) -> None:
    one, other = pair
    executed(one, 1)
    one.share()
    whole = os.pread(one._file, 10_000, 0)
    for cut in (1, module._HEADER.size, len(whole) - 1):
        os.ftruncate(one._file, cut)
        other.share()
        assert other._read == 0
    os.ftruncate(one._file, 0)
    os.write(one._file, whole)
    other.share()
    assert other._codes.keys() == one._codes.keys()


def test_behind_what_was_written_by_halves_nothing_is_believed(pair: tuple[Compiled, Compiled]) -> None:
    one, other = pair
    executed(one, 1)
    one.share()
    os.ftruncate(one._file, os.fstat(one._file).st_size - 1)
    for number in (2, 3):
        executed(one, number)
        one._tell()
    other.share()
    other.share()
    assert other._codes == {}
    assert executed(other, 2)() == 2


def test_who_may_write_no_such_file_compiles_for_himself(pair: tuple[Compiled, Compiled]) -> None:
    one, other = pair
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        for number in (1, 2):
            assert executed(one, number)() == number
            one.share()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    other.share()
    assert executed(other, 1)() == 1


def test_who_makes_classes_without_end_fills_no_memory(
    pair: tuple[Compiled, Compiled], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 1000)
    one, _ = pair
    sizes = []
    for number in range(50):
        executed(one, number)
        one.share()
        sizes.append(os.fstat(one._file).st_size)
    assert sizes[-1] == sizes[-2] < 2000


OPTIONS = st.fixed_dictionaries(
    {name: st.booleans() for name in ("init", "repr", "eq", "frozen", "kw_only", "slots", "match_args", "unsafe_hash")}
)
FIELDS = st.lists(st.sampled_from("abcde"), unique=True, min_size=1, max_size=4)


@given(OPTIONS, FIELDS, st.booleans())
def test_classes_are_those_that_plain_python_makes(options: dict[str, Any], fields: list[str], has_order: bool) -> None:
    options["order"] = has_order and options["eq"]
    compiled = Compiled()
    try:
        compiled._stand_in(dataclasses)
        told = [facts_of(fields, options) for _ in range(2)]
    finally:
        compiled.end()
        os.close(compiled._file)
    assert told == [facts_of(fields, options)] * 2


def facts_of(fields: list[str], options: dict[str, Any]) -> list[str]:
    """Make a class, and tell all that can be seen of it."""
    defined: list[Any] = [(name, int, number) for number, name in enumerate(fields)]
    made: Any = dataclasses.make_dataclass("Made", defined, **options)
    actions = [
        lambda: str(inspect.signature(made)),
        lambda: str(made.__match_args__),
        lambda: str(made() == made()),
        lambda: str(made() < made(**{fields[0]: 9})),
        lambda: str(hash(made()) == hash(made())),
        lambda: str(made().__setattr__(fields[0], 1)),
        lambda: repr(made()) if options["repr"] else "",
        lambda: str(made.__doc__),
        lambda: str(sorted(vars(made))),
    ]
    return [outcome_of(action) for action in actions]


def outcome_of(action: Any) -> str:
    try:
        return str(action())
    except (TypeError, AttributeError) as error:
        return f"{type(error).__name__}: {error}"
