"""Collections are rare while something is imported, and as they were afterwards."""

import gc
from collections.abc import Iterator

import pytest

from tornado_cli.system.garbage import RareCollections


@pytest.fixture(autouse=True)
def thresholds() -> Iterator[None]:
    found = gc.get_threshold()
    yield
    gc.set_threshold(*found)


def test_they_are_rarer_until_the_end() -> None:
    found = gc.get_threshold()
    collections = RareCollections()
    collections.begin()
    assert gc.get_threshold()[0] > 10 * found[0]
    collections.end()
    assert gc.get_threshold() == found


def test_what_the_application_sets_itself_stays() -> None:
    collections = RareCollections()
    collections.begin()
    gc.set_threshold(5, 6, 7)
    collections.end()
    assert gc.get_threshold() == (5, 6, 7)


def test_an_end_without_a_beginning_changes_nothing() -> None:
    found = gc.get_threshold()
    RareCollections().end()
    assert gc.get_threshold() == found
