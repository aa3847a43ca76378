"""Listeners are open exactly as long as a generation that stays has a claim to them."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tornado_cli.run.boot import LET_GO
from tornado_cli.run.claims import Claims
from tornado_cli.run.fleet import Fleet, Generation, Phase
from tornado_cli.system.binds import UnixBind
from tornado_cli.system.open_addresses import Listener, OpenAddresses

A, B, C = UnixBind(Path("a")), UnixBind(Path("b")), UnixBind(Path("c"))


class FakeLeader:
    def __init__(self) -> None:
        self.signals: list[signal.Signals] = []

    def send(self, number: signal.Signals) -> None:
        self.signals.append(number)


class FakeCrew:
    """What claims look at."""

    def __init__(self, listeners: list[Listener]) -> None:
        self.listeners = listeners
        self.leader = FakeLeader()


class Fixture:
    def __init__(self) -> None:
        self.addresses = OpenAddresses(16)
        self.fleet = Fleet(workers=1)
        self.crews: dict[int, Any] = {}
        self.claims = Claims(self.addresses, self.fleet, self.crews)

    def start(self, number: int, phase: Phase, *binds: UnixBind) -> None:
        self.fleet.generations[number] = Generation(number, {}, 1, phase=phase)
        self.crews[number] = FakeCrew(self.addresses.open(binds))

    def become(self, number: int, phase: Phase) -> None:
        self.fleet.generations[number].phase = phase

    def open_after(self) -> set[str]:
        self.claims.close_the_rest()
        return {path.name for path in Path().iterdir()}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Fixture]:
    monkeypatch.chdir(tmp_path)
    fixture = Fixture()
    yield fixture
    fixture.addresses.close()


def test_both_generations_of_a_reload_have_their_claims_until_the_old_one_leaves(server: Fixture) -> None:
    server.start(1, Phase.SERVING, A, B)
    server.start(2, Phase.STARTING, B, C)
    assert server.open_after() == {"a", "b", "c"}
    assert server.claims.dropped_by(1) == []
    server.become(1, Phase.LEAVING)
    server.become(2, Phase.SERVING)
    assert server.open_after() == {"b", "c"}
    # The workers are told by the numbers that the listeners had.
    assert server.claims.dropped_by(1) == [server.crews[1].listeners[0].descriptor]
    assert server.claims.dropped_by(2) == []


def test_the_leader_of_those_who_leave_lets_go_too_and_no_other(server: Fixture) -> None:
    server.start(1, Phase.LEAVING, A, B)
    server.start(2, Phase.SERVING, B)
    server.open_after()
    server.open_after()
    assert server.crews[1].leader.signals == [LET_GO]
    assert server.crews[2].leader.signals == []


def test_what_was_opened_for_a_generation_that_failed_is_closed(server: Fixture) -> None:
    server.start(1, Phase.SERVING, A)
    server.start(2, Phase.STARTING, A, B)
    server.become(2, Phase.LEAVING)
    assert server.open_after() == {"a"}
    assert len(server.claims.dropped_by(2)) == 1


def test_what_was_opened_for_the_next_reload_waits_for_it(server: Fixture) -> None:
    server.start(1, Phase.SERVING, A)
    server.start(2, Phase.STARTING, B)
    server.addresses.open([C])
    server.fleet.reload_again = True
    assert server.open_after() == {"a", "b", "c"}
    # Decided, but not yet carried out.
    server.become(1, Phase.LEAVING)
    server.become(2, Phase.SERVING)
    server.fleet.reload_again = False
    server.fleet.generations[3] = Generation(3, {}, 1)
    assert server.open_after() == {"b", "c"}


def test_what_a_refused_reload_had_opened_is_claimed_by_nobody(server: Fixture) -> None:
    server.start(1, Phase.SERVING, A)
    server.addresses.open([A, B])
    assert server.open_after() == {"a"}
