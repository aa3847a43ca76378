"""The dev server's terminal, lent to processes: decided by histories."""

import signal

from tornado_cli.serve.actions import (
    Action,
    DrainProcess,
    Kill,
    LendTerminal,
    SetTurn,
    Start,
    StartForkserver,
    TakeTerminalBack,
    TellPostponed,
    TellReady,
)
from tornado_cli.serve.events import (
    BecameReady,
    Begin,
    Changed,
    EnvironmentChanged,
    Event,
    Exited,
    Learned,
    SignalArrived,
    StageDied,
    TerminalClaimed,
    TerminalReleased,
    Tick,
)
from tornado_cli.serve.fleet import SLOW_IMPORT, Fleet, Phase
from tornado_cli.serve.forkservers import learning
from tornado_cli.serve.policy import next_actions

GRACE = 1.0


def play(fleet: Fleet, *events: Event, now: float = 0.0) -> list[Action]:
    """Let these happen at once; return what is to be done after the last of them."""
    actions: list[Action] = []
    for event in events:
        actions = next_actions(fleet, event, now)
    return actions


def debugged() -> Fleet:
    """Process 1 serves, and has the terminal."""
    fleet = Fleet(grace=GRACE)
    assert play(fleet, Begin(), BecameReady(1), Learned(1, learning.Learned()), TerminalClaimed(1)) == [LendTerminal(1)]
    return fleet


def test_the_terminal_comes_back_when_nobody_has_asked_again_for_a_moment() -> None:
    fleet = debugged()
    assert play(fleet, TerminalReleased(1), Tick(), now=1.0) == []
    assert play(fleet, TerminalClaimed(1), now=1.01) == [LendTerminal(1)]
    assert play(fleet, TerminalReleased(1), now=2.0) == []
    due = fleet.next_deadline()
    assert due is not None
    assert 2.0 < due < 3.0
    assert play(fleet, Tick(), now=due) == [TakeTerminalBack()]
    assert fleet.next_deadline() is None


def test_two_who_want_it_have_it_one_after_the_other() -> None:
    fleet = debugged()
    play(fleet, TerminalReleased(1), Changed(("a.py",)), BecameReady(2), TerminalClaimed(1))
    assert play(fleet, TerminalClaimed(2)) == []
    assert play(fleet, TerminalReleased(1)) == [LendTerminal(2)]
    assert play(fleet, TerminalReleased(2)) == []


def test_who_gives_up_waiting_takes_nothing_from_who_has_it() -> None:
    fleet = debugged()
    play(fleet, TerminalReleased(1), Changed(("a.py",)), BecameReady(2), TerminalClaimed(1), TerminalClaimed(2))
    assert play(fleet, TerminalReleased(2)) == []
    assert fleet.is_debugged()


def test_changes_wait_for_the_release_and_are_told_once() -> None:
    fleet = debugged()
    assert play(fleet, Changed(("a.py",))) == [TellPostponed(("a.py",))]
    assert play(fleet, Changed(("b.py", "a.py"))) == []
    actions = play(fleet, TerminalReleased(1), now=60.0)
    assert [type(action) for action in actions] == [SetTurn, Start, DrainProcess]
    assert TellReady(2, ("a.py", "b.py"), 0.5) in play(fleet, BecameReady(2), now=60.5)


def test_another_environment_waits_too_whatever_else_changes() -> None:
    fleet = debugged()
    play(fleet, EnvironmentChanged((".env",)), Changed(("a.py",)))
    assert StartForkserver(2) in play(fleet, TerminalReleased(1))


def test_no_deadline_runs_meanwhile() -> None:
    fleet = debugged()
    play(fleet, TerminalReleased(1), Changed(("a.py",)), now=10.0)
    play(fleet, TerminalClaimed(2), now=10.5)
    assert fleet.next_deadline() is None
    assert play(fleet, Tick(), now=100.0) == []
    play(fleet, TerminalReleased(2), now=110.5)
    assert play(fleet, Tick(), now=110.6) == [TakeTerminalBack()]
    # Half a second of each has gone by.
    due = fleet.next_deadline()
    assert due is not None
    assert GRACE < due - 110.0 < SLOW_IMPORT
    assert play(fleet, Tick(), now=due) == [Kill(1)]
    assert TellReady(2, ("a.py",), 1.5) in play(fleet, BecameReady(2), now=111.5)


def test_int_is_the_debuggers_and_the_next_one_after_it_the_servers() -> None:
    fleet = debugged()
    assert play(fleet, SignalArrived(signal.SIGINT)) == []
    play(fleet, TerminalReleased(1), SignalArrived(signal.SIGINT))
    assert fleet.phase is Phase.LEAVING


def test_a_term_waits_no_longer_than_ever() -> None:
    fleet = debugged()
    play(fleet, SignalArrived(signal.SIGTERM))
    due = fleet.next_deadline()
    assert due is not None
    assert play(fleet, Tick(), now=due) == [Kill(1)]


def test_the_end_of_a_process_is_the_end_of_its_claim() -> None:
    fleet = debugged()
    play(fleet, Changed(("a.py",)))
    actions = play(fleet, Exited(1, -9))
    assert [action for action in actions if isinstance(action, Start) and action.page is None]
    assert play(fleet, TerminalReleased(1)) == []
    assert not fleet.is_debugged()


def test_the_end_of_all_processes_is_the_end_of_all_claims() -> None:
    fleet = debugged()
    play(fleet, StageDied(1))
    assert play(fleet, Tick(), now=1.0) == [TakeTerminalBack()]


def test_who_is_dead_claims_nothing() -> None:
    assert play(debugged(), TerminalClaimed(7)) == []
