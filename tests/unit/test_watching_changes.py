"""Changes on their way to the server: what counts at once, and what waits for the rest of a save."""

from collections.abc import Iterator

import pytest

from tornado_cli.serve.watching.changes import ChangedFiles, Sign


@pytest.fixture
def changes() -> Iterator[ChangedFiles]:
    made = ChangedFiles()
    yield made
    made.close()


def test_a_complete_change_is_taken_at_once_and_each_file_once(changes: ChangedFiles) -> None:
    for name in ("a", "a", "b"):
        changes.note(f"/p/{name}.py", Sign.COMPLETE)
    assert changes.take() == ("/p/a.py", "/p/b.py")
    assert changes.take() == ()
    assert changes.due() is None


def test_a_removal_waits_for_the_file_to_come_back(changes: ChangedFiles) -> None:
    changes.note("/p/a.py", Sign.UNSURE)
    assert changes.take() == ()
    assert changes.due() is not None
    changes.note("/p/a.py", Sign.COMPLETE)
    assert changes.take() == ("/p/a.py",)
    assert changes.due() is None


def test_a_file_that_is_written_again_after_its_removal_is_waited_for_longer(changes: ChangedFiles) -> None:
    changes.note("/p/a.py", Sign.UNSURE)
    before = changes.due()
    changes.note("/p/a.py", Sign.BEGUN)
    after = changes.due()
    assert before is not None
    assert after is not None
    assert after > before + 1


def test_a_new_file_counts_when_it_is_complete(changes: ChangedFiles) -> None:
    changes.note("/p/a.py", Sign.BEGUN)
    assert changes.take() == ()
    assert changes.due() is None


def test_a_removal_does_not_wait_when_there_is_a_start_already(changes: ChangedFiles) -> None:
    changes.note("/p/old.py", Sign.UNSURE)
    changes.note("/p/new.py", Sign.COMPLETE)
    assert set(changes.take()) == {"/p/old.py", "/p/new.py"}
    assert changes.due() is None


def test_a_storm_of_changes_blocks_nobody(changes: ChangedFiles) -> None:
    for number in range(100_000):
        changes.note(f"/p/{number % 10}.py", Sign.COMPLETE)
    assert len(changes.take()) == 10
