"""The requests that the inspector remembers: the last ones, whoever wrote them, each as it was last told."""

import os

import pytest

from tornado_cli.serve.inspector.store import KEPT, SLOT, RequestStore, new_store


@pytest.fixture
def store() -> RequestStore:
    return RequestStore(new_store())


def kept_under(store: RequestStore, path: str, **details: object) -> int:
    return store.add({"path": path}, details)


def test_an_empty_one_has_nothing(store: RequestStore) -> None:
    assert store.newest_first() == []
    assert store.get(0) is None
    assert store.get(1) is None


def test_the_last_ones_are_kept_newest_first(store: RequestStore) -> None:
    numbers = [kept_under(store, f"/{number}", body="x") for number in range(KEPT + 7)]
    assert numbers == list(range(1, KEPT + 8))
    kept = store.newest_first()
    assert [one["number"] for one in kept] == numbers[-KEPT:][::-1]
    assert kept[0] == {"path": f"/{KEPT + 6}", "number": KEPT + 7}
    assert store.get(7) is None
    assert store.get(8) == {"path": "/7", "body": "x", "number": 8}


def test_what_is_told_later_replaces_what_was_told_first_but_no_other(store: RequestStore) -> None:
    first = kept_under(store, "/", status=0)
    store.replace(first, {"path": "/"}, {"status": 200})
    assert store.get(first) == {"path": "/", "status": 200, "number": first}
    for _ in range(KEPT):
        kept_under(store, "/other")
    store.replace(first, {"path": "/late"}, {})
    assert {one["path"] for one in store.newest_first()} == {"/other"}


def test_each_change_shows_in_the_number_of_changes(store: RequestStore) -> None:
    seen = [store.changes()]
    number = kept_under(store, "/")
    seen.append(store.changes())
    store.replace(number, {"path": "/again"}, {})
    seen.append(store.changes())
    store.replace(number + KEPT, {"path": "/nobody"}, {})
    assert seen == sorted(set(seen))
    assert store.changes() == seen[-1]


def test_half_characters_and_odd_bytes_come_back_as_they_were(store: RequestStore) -> None:
    odd = "\udc80\x00\x1b[31mé\u2028"
    number = kept_under(store, odd, body=odd)
    assert store.get(number) == {"path": odd, "body": odd, "number": number}


def test_what_is_too_large_loses_the_largest_of_its_details(store: RequestStore) -> None:
    number = kept_under(store, "/large", answer="\x00" * SLOT, request="short", lines=["x"])
    assert store.get(number) == {
        "path": "/large",
        "request": "short",
        "lines": ["x"],
        "is_cut": True,
        "number": number,
    }


def test_processes_that_write_at_the_same_time_lose_nothing(store: RequestStore) -> None:
    begin, go = os.pipe()
    children = []
    for child in range(3):
        pid = os.fork()
        if pid == 0:
            # All begin when the pipe ends.
            os.close(go)
            os.read(begin, 1)
            for number in range(50):
                kept_under(store, f"/{child}/{number}")
            os._exit(0)
        children.append(pid)
    os.close(go)
    os.close(begin)
    for pid in children:
        assert os.waitpid(pid, 0)[1] == 0
    kept = store.newest_first()
    assert [one["number"] for one in kept] == list(range(150, 0, -1))
    assert {one["path"] for one in kept} == {f"/{child}/{number}" for child in range(3) for number in range(50)}
