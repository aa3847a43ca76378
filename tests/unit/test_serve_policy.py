"""The dev server's decisions, by histories."""

import signal
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_cli.errors import ExitCode
from tornado_cli.serve.actions import (
    Action,
    CloseListeners,
    DrainProcess,
    EndStage,
    Fork,
    ForkStage,
    Kill,
    Leave,
    NotePlace,
    SetTurn,
    Start,
    StartForkserver,
    TellFailure,
    TellForkserverDied,
    TellReady,
)
from tornado_cli.serve.events import (
    BecameReady,
    Begin,
    Changed,
    EnvironmentChanged,
    Event,
    Exited,
    Failed,
    PageAnswered,
    PlaceWanted,
    SignalArrived,
    StageDied,
    StageFailed,
    StageReady,
    TerminalClaimed,
    TerminalReleased,
    Tick,
    WantsColdStart,
)
from tornado_cli.serve.events import Learned as LearnedImports
from tornado_cli.serve.fleet import SLOW_IMPORT, Fleet, Phase
from tornado_cli.serve.forkservers.learning import Learned, ProjectModule
from tornado_cli.serve.policy import next_actions

FAILURE = {"title": "SyntaxError", "traceback": "", "hint": "", "may_pass": False}
PORT_TAKEN = FAILURE | {"title": "OSError", "may_pass": True}
INT, TERM = SignalArrived(signal.SIGINT), SignalArrived(signal.SIGTERM)
GRACE = 1.0


def play(fleet: Fleet, *events: Event, now: float = 0.0) -> list[Action]:
    """Let these happen at once; return what is to be done after the last of them."""
    actions: list[Action] = []
    for event in events:
        actions = next_actions(fleet, event, now)
    return actions


def serving() -> Fleet:
    """Process 1 serves attempt 1; 2 waits for the next, 3 for its failure."""
    fleet = Fleet(grace=GRACE)
    play(fleet, Begin(), StageReady(1), BecameReady(1), LearnedImports(1, Learned()))
    return fleet


def kinds(actions: Iterable[Action]) -> list[type[Action]]:
    return [type(action) for action in actions]


def starts(actions: Iterable[Action]) -> list[Start]:
    return [action for action in actions if isinstance(action, Start)]


def turn_of(actions: Iterable[Action]) -> int:
    [turn] = [action.turn for action in actions if isinstance(action, SetTurn)]
    return turn


def test_the_first_start_is_told_as_ready() -> None:
    fleet = Fleet(grace=GRACE)
    [app] = starts(play(fleet, Begin()))
    assert app.page is None
    actions = play(fleet, BecameReady(app.number), now=0.5)
    assert actions[:2] == [SetTurn(app.turn), TellReady(1, (), 0.5)]


def test_a_change_stops_the_old_process_from_accepting_before_anything_else() -> None:
    fleet = serving()
    actions = play(fleet, Changed(("main.py",)))
    assert kinds(actions) == [SetTurn, Start, DrainProcess]
    [app] = starts(actions)
    # Neither the old process nor, before it is ready, the new one is kept from its turn by a later word.
    assert 2 < turn_of(actions) <= app.turn


def test_a_change_during_a_start_kills_what_was_starting_and_tells_all_files_in_the_end() -> None:
    fleet = serving()
    play(fleet, Changed(("a.py",)))
    actions = play(fleet, Changed(("b.py", "a.py")))
    assert Kill(2) in actions
    [app] = starts(actions)
    assert TellReady(3, ("a.py", "b.py"), 0.0) in play(fleet, BecameReady(app.number))


def test_a_late_report_of_an_earlier_attempt_changes_nothing() -> None:
    fleet = serving()
    play(fleet, Changed(("a.py",)), Changed(("b.py",)))
    assert play(fleet, BecameReady(2)) == []
    assert play(fleet, Failed(2, FAILURE)) == []
    assert play(fleet, Exited(2, 1)) == []
    assert fleet.phase is Phase.STARTING


def test_a_failure_is_told_once_and_a_page_takes_its_place() -> None:
    fleet = serving()
    play(fleet, Changed(("a.py",)))
    actions = play(fleet, Failed(2, FAILURE))
    [page] = starts(actions)
    assert page.page == {"status": 500, **FAILURE}
    assert TellFailure(FAILURE) in actions
    assert play(fleet, Exited(2, 3)) == []


@pytest.mark.parametrize(
    ("code", "words"), [(0, "exit code 0"), (3, "exit code 3"), (-9, "SIGKILL"), (-11, "SIGSEGV"), (-40, "40")]
)
def test_a_sudden_end_is_told_in_words(code: int, words: str) -> None:
    fleet = Fleet(grace=GRACE)
    told = play(fleet, Begin(), Exited(1, code))[-1]
    assert isinstance(told, TellFailure)
    assert words in told.failure["title"]
    assert "while it started" in told.failure["title"]
    told = play(serving(), Exited(1, code))[-1]
    assert isinstance(told, TellFailure)
    assert "while it served" in told.failure["title"]


def test_a_page_may_accept_while_it_stands_in() -> None:
    for fleet, event in ((serving(), Exited(1, -9)), (serving(), Exited(1, 0))):
        actions = play(fleet, event)
        [page] = starts(actions)
        assert page.turn >= 2, "the word stands at the turn of the application that served"
        newer = play(fleet, Changed(("a.py",)))
        assert turn_of(newer) > page.turn


def test_a_fix_is_served_and_the_page_goes() -> None:
    fleet = serving()
    play(fleet, Changed(("a.py",)), Failed(2, FAILURE), Exited(2, 3), BecameReady(3))
    actions = play(fleet, Changed(("a.py",)))
    assert DrainProcess(3, GRACE, False) in actions
    [app] = starts(actions)
    assert TellReady(3, ("a.py",), 0.0) in play(fleet, BecameReady(app.number))


def test_a_slow_start_has_a_page_that_goes_when_it_is_ready() -> None:
    fleet = serving()
    play(fleet, Changed(("a.py",)), now=10.0)
    assert fleet.next_deadline() is not None
    assert play(fleet, Tick(), now=10.0 + SLOW_IMPORT / 2) == [Kill(1)]
    [page] = starts(play(fleet, Tick(), now=10.0 + SLOW_IMPORT))
    assert page.page is not None
    assert page.page["status"] == 503
    assert play(fleet, Tick(), now=20.0) == []
    # Who looks at the page wants to know what takes so long.
    app = fleet.newest_app()
    assert app is not None
    assert play(fleet, PlaceWanted(), now=20.0) == [NotePlace(app)]
    actions = play(fleet, BecameReady(page.number), BecameReady(2), now=21.0)
    assert Kill(page.number) in actions
    # It must not accept once the application does.
    assert turn_of(actions) > page.turn


def test_what_has_not_left_after_its_grace_is_killed() -> None:
    fleet = serving()
    play(fleet, Changed(("a.py",)), BecameReady(2))
    due = fleet.next_deadline()
    assert due is not None
    assert GRACE <= due <= GRACE + 1
    assert play(fleet, Tick(), now=due) == [Kill(1)]
    assert fleet.next_deadline() is None


@pytest.mark.parametrize("stop", [INT, TERM])
def test_a_stop_closes_the_listeners_drains_and_leaves_with_the_last_process(stop: Event) -> None:
    fleet = serving()
    assert play(fleet, stop) == [CloseListeners(), DrainProcess(1, GRACE, True), Kill(2), Kill(3)]
    assert play(fleet, Changed(("a.py",)), TERM) == []
    assert play(fleet, Exited(2, -9), Exited(3, -9), Exited(1, 0)) == [Leave(ExitCode.OK)]


def test_a_failure_that_is_reported_during_a_stop_does_not_undo_it() -> None:
    fleet = Fleet(grace=GRACE)
    play(fleet, Begin(), TERM)
    assert play(fleet, Failed(1, FAILURE)) == []
    assert play(fleet, Exited(1, 3)) == [Leave(ExitCode.OK)]


def test_a_stop_before_anything_is_ready_waits_for_nobody() -> None:
    fleet = Fleet(grace=GRACE)
    assert play(fleet, Begin(), TERM) == [CloseListeners(), Kill(1)]
    assert play(fleet, Exited(1, -9)) == [Leave(ExitCode.OK)]


def test_a_second_int_kills_and_ends_with_130() -> None:
    fleet = serving()
    assert Kill(1) in play(fleet, INT, INT)
    assert play(fleet, Exited(2, -9), Exited(3, -9), Exited(1, -9)) == [Leave(ExitCode.INTERRUPTED)]


def test_quit_kills_and_ends_with_0() -> None:
    fleet = serving()
    assert Kill(1) in play(fleet, SignalArrived(signal.SIGQUIT))
    assert play(fleet, Exited(2, -9), Exited(3, -9), Exited(1, -9)) == [Leave(ExitCode.OK)]


def test_a_changed_environment_has_a_forkserver_of_its_own_and_the_old_process_its_grace() -> None:
    fleet = serving()
    actions = play(fleet, EnvironmentChanged((".env",)))
    assert kinds(actions) == [Kill, Kill, StartForkserver, SetTurn, Fork, Start, DrainProcess]
    [app] = starts(actions)
    assert TellReady(2, (".env",), 0.0) in play(fleet, BecameReady(app.number))
    play(fleet, Exited(2, -9), Exited(3, -9))
    assert EndStage(1) in play(fleet, Exited(1, 0)), "the old one has nothing left to do"


def test_an_environment_that_changes_during_a_stop_starts_nothing() -> None:
    assert play(serving(), TERM, EnvironmentChanged()) == []


def test_a_dead_forkserver_is_replaced_and_the_application_started_again() -> None:
    fleet = serving()
    actions = play(fleet, StageDied(1))
    assert actions[:2] == [TellForkserverDied(), StartForkserver(2)]
    [app] = starts(actions)
    assert TellReady(2, (), 0.0) in play(fleet, BecameReady(app.number))


def test_a_forkserver_that_dies_again_and_again_ends_it_with_1() -> None:
    fleet = serving()
    assert kinds(play(fleet, StageDied(1), StageDied(2), StageDied(3)))[-1] is Leave
    assert fleet.code is ExitCode.FAILURE


def test_a_good_start_makes_earlier_deaths_forgotten() -> None:
    fleet = serving()
    for stage in range(1, 6):
        [app] = starts(play(fleet, StageDied(stage)))
        play(fleet, BecameReady(app.number))
    assert fleet.phase is Phase.SERVING


def test_a_dead_forkserver_at_a_stop_is_the_end_of_it() -> None:
    assert play(serving(), TERM, StageDied(1)) == [Leave(ExitCode.OK)]


# Any history.

numbers = st.integers(1, 8)
stages = st.integers(1, 5)
learned = st.builds(
    Learned,
    third_party=st.lists(st.sampled_from(["x", "y"]), unique=True).map(tuple),
    cold=st.sets(st.just("y")).map(frozenset),
    project=st.just((ProjectModule("a", "a.py", 0.0), ProjectModule("b", "b.py", 1.0))),
)
codes = st.sampled_from([0, 3, -9])
signals = st.sampled_from([signal.SIGINT, signal.SIGTERM, signal.SIGQUIT])
events = st.one_of(
    st.builds(Changed, st.lists(st.sampled_from(["a.py", "b.py"]), max_size=2).map(tuple)),
    st.just(EnvironmentChanged()),
    st.builds(BecameReady, numbers),
    st.builds(Failed, numbers, st.just(FAILURE)),
    st.builds(TerminalClaimed, numbers),
    st.builds(TerminalReleased, numbers),
    st.builds(Exited, numbers, codes),
    st.builds(LearnedImports, numbers, learned),
    st.builds(WantsColdStart, numbers),
    st.just(PageAnswered()),
    st.builds(StageReady, stages),
    st.builds(StageFailed, stages, st.just(("x",))),
    st.builds(StageDied, stages),
    st.builds(SignalArrived, signals),
    st.just(Tick()),
)


@given(st.lists(st.tuples(events, st.floats(0, 5)), max_size=60), st.sampled_from([(), ("x",)]))
def test_any_history_leaves_a_legal_state_and_an_end(
    history: list[tuple[Event, float]], foreseen: tuple[str, ...]
) -> None:
    fleet, now, turn = Fleet(grace=GRACE, foreseen=foreseen), 0.0, 0
    begun: dict[int, Start] = {}
    forked: set[int] = set()
    standing: set[int] = set()
    left: list[Leave] = []

    def happen(event: Event) -> None:
        nonlocal turn
        was_leaving = fleet.phase is Phase.LEAVING
        if isinstance(event, StageDied):
            standing.difference_update({event.stage, *fleet.stages.descendants(event.stage)})
        for action in next_actions(fleet, event, now):
            match action:
                case SetTurn(new):
                    assert new >= turn, "a turn that has passed does not come back"
                    turn = new
                case Fork(number, stage):
                    assert not was_leaving
                    assert stage in standing
                    forked.add(number)
                case StartForkserver(stage):
                    standing.add(stage)
                case ForkStage(stage, parent):
                    assert parent in standing
                    standing.add(stage)
                case EndStage(stage):
                    standing.remove(stage)
                case Start(number, own_turn):
                    assert not was_leaving
                    assert number in forked
                    assert number not in begun
                    assert own_turn >= turn, "it could never accept"
                    begun[number] = action
                case Leave():
                    left.append(action)

    happen(Begin())
    for event, pause in history:
        if left:
            break
        now += pause
        happen(event)
        due = fleet.next_deadline()
        if due is not None and due <= now:
            happen(Tick())
            assert (after := fleet.next_deadline()) is None or after > now, "a tick leaves nothing due"
    if not left:
        happen(TERM)
    for number in list(fleet.processes):
        if not left:
            happen(Exited(number, 0))
    assert left
    assert not fleet.processes


def test_a_start_that_may_have_met_what_the_older_process_holds_is_tried_once_more() -> None:
    fleet = serving()
    play(fleet, Changed(("a.py",)))
    assert starts(play(fleet, Failed(2, PORT_TAKEN), Exited(2, 3))) == []
    [again] = starts(play(fleet, Exited(1, 0)))
    assert again.page is None
    actions = play(fleet, Failed(again.number, PORT_TAKEN))
    assert TellFailure(PORT_TAKEN) in actions, "nobody else holds anything now"


def test_what_the_older_process_held_counts_when_it_has_just_gone() -> None:
    fleet = serving()
    play(fleet, Changed(("a.py",)), Exited(1, 0))
    assert play(fleet, Failed(2, PORT_TAKEN)) == []
    assert len(starts(play(fleet, Exited(2, 3)))) == 1


def test_what_the_older_process_held_counts_when_the_start_dies_of_it() -> None:
    fleet = serving()
    assert len(starts(play(fleet, Changed(("a.py",)), Exited(1, 0), Exited(2, 3)))) == 1


def test_a_mistake_in_the_code_is_shown_at_once() -> None:
    fleet = serving()
    assert TellFailure(FAILURE) in play(fleet, Changed(("a.py",)), Failed(2, FAILURE))


def test_a_good_start_has_spares_forked_for_the_next_start_and_for_its_failure() -> None:
    fleet = Fleet(grace=GRACE)
    assert forks(play(fleet, Begin(), BecameReady(1))) == [], "the first answers come first"
    [spare, other] = forks(play(fleet, LearnedImports(1, Learned())))
    for event, number in ((Changed(("a.py",)), spare.number), (Failed(spare.number, FAILURE), other.number)):
        actions = play(fleet, event)
        assert forks(actions) == []
        assert [start.number for start in starts(actions)] == [number]


def test_what_an_application_imports_of_others_is_imported_ahead() -> None:
    fleet = serving()
    [stage] = stages_forked(play(fleet, LearnedImports(1, LEARNED)))
    assert (stage.parent, stage.modules) == (1, ("x", "y"))
    actions = play(fleet, StageReady(stage.stage))
    assert Kill(2) in actions, "the spare that knows less"
    assert Kill(3) not in actions, "a page needs nothing of others"
    [spare] = forks(actions)
    assert spare.stage == stage.stage
    assert starts(play(fleet, Changed(("a.py",))))[0].number == spare.number


def foreseeing(*events: Event) -> tuple[Fleet, list[Action]]:
    fleet = Fleet(grace=GRACE, foreseen=("x",))
    return fleet, play(fleet, Begin(), *events)


def test_the_first_start_goes_on_from_where_what_is_foreseen_is_imported() -> None:
    fleet, actions = foreseeing()
    assert starts(actions) == []
    assert stages_forked(actions) == [ForkStage(2, 1, modules=("x",))]
    [app] = starts(play(fleet, StageReady(1), StageReady(2)))
    assert fleet.processes[app.number].stage == 2
    assert app.state is None, "whatever it does is right"


@pytest.mark.parametrize("why", [StageFailed(2, ("x",)), StageDied(2)])
def test_the_first_start_is_a_cold_one_where_that_does_not_succeed(why: Event) -> None:
    fleet, actions = foreseeing(StageReady(1), why)
    [app] = starts(actions)
    assert fleet.processes[app.number].stage == 1
    assert starts(play(fleet, StageDied(2))) == []


def test_a_change_does_not_wait_for_what_is_foreseen() -> None:
    fleet, actions = foreseeing(Changed(("a.py",)))
    [app] = starts(actions)
    assert fleet.processes[app.number].stage == 1
    assert starts(play(fleet, StageReady(2))) == []


def test_as_long_as_nothing_is_learned_starts_go_on_from_what_was_foreseen() -> None:
    fleet, actions = foreseeing(StageReady(1), StageReady(2))
    [first] = starts(actions)
    [second] = starts(play(fleet, BecameReady(first.number), Changed(("a.py",))))
    assert fleet.processes[second.number].stage == 2
    assert second.state is None
    [unknown] = starts(play(fleet, BecameReady(second.number), Changed()))
    assert fleet.processes[unknown.number].stage == 1
    [otherwise] = starts(play(fleet, BecameReady(unknown.number), EnvironmentChanged(("a.py",))))
    assert fleet.stages.by_number[fleet.processes[otherwise.number].stage].parent is None


def test_a_first_start_that_failed_is_mended_from_what_was_foreseen() -> None:
    fleet, actions = foreseeing(StageReady(1), StageReady(2))
    [app] = starts(actions)
    [page] = starts(play(fleet, Failed(app.number, FAILURE)))
    assert forks(play(fleet, BecameReady(page.number))) == [], "the page comes first"
    [spare, other] = forks(play(fleet, PageAnswered()))
    assert (spare.stage, other.stage) == (2, 1)
    assert starts(play(fleet, Changed(("a.py",))))[0].number == spare.number


def test_while_what_is_foreseen_takes_long_a_page_says_so_and_a_stop_does_not_wait() -> None:
    fleet, _ = foreseeing(StageReady(1))
    assert fleet.next_deadline() == SLOW_IMPORT
    [page] = starts(play(fleet, Tick(), now=SLOW_IMPORT))
    assert page.page is not None
    _, actions = foreseeing(StageReady(1), TERM)
    assert actions[-1] == Leave(ExitCode.OK)


def test_what_was_not_foreseen_is_imported_on_top_of_it_once() -> None:
    fleet, actions = foreseeing(StageReady(1), StageReady(2))
    [app] = starts(actions)
    learned = LEARNED.but(held=frozenset({"x"}))
    [stage] = stages_forked(play(fleet, BecameReady(app.number), LearnedImports(app.number, learned)))
    assert stage == ForkStage(3, 2, modules=("x", "y"))
    play(fleet, StageReady(3))
    more = LEARNED.but(third_party=("x", "y", "z"))
    [app] = starts(play(fleet, Changed(("a.py",))))
    [stage] = stages_forked(play(fleet, BecameReady(app.number), LearnedImports(app.number, more)))
    assert (stage.parent, stage.modules) == (1, ("x", "y", "z"))


def test_what_is_foreseen_as_it_is_used_needs_nothing_more() -> None:
    fleet, actions = foreseeing(StageReady(1), StageReady(2))
    [app] = starts(actions)
    learned = LEARNED.but(held=frozenset({"x", "y"}))
    assert stages_forked(play(fleet, BecameReady(app.number), LearnedImports(app.number, learned))) == []


def test_a_module_that_a_fork_cannot_carry_over_is_left_to_each_start() -> None:
    fleet = serving()
    play(fleet, LearnedImports(1, LEARNED))
    [stage] = stages_forked(play(fleet, StageFailed(2, ("x",))))
    assert stage.modules == ("y",)


def test_a_module_that_the_project_prepares_something_for_is_left_to_each_start() -> None:
    fleet = serving()
    [stage] = stages_forked(play(fleet, LearnedImports(1, LEARNED.but(cold=frozenset({"y"})))))
    assert stage.modules == ("x",)


def test_a_start_whose_cause_nobody_knows_is_a_cold_one() -> None:
    fleet = warm()
    assert fleet.processes[starts(play(fleet, Changed()))[0].number].stage == 1


def test_an_edit_of_a_file_that_changes_the_environment_makes_a_cold_start() -> None:
    fleet = warm(LEARNED.but(changing=frozenset({"settings.py"})))
    assert fleet.processes[starts(play(fleet, Changed(("settings.py",))))[0].number].stage == 1


def test_a_warm_start_that_is_not_sure_of_itself_is_done_again_cold() -> None:
    fleet = warm()
    [app] = starts(play(fleet, Changed(("a.py",))))
    assert fleet.processes[app.number].stage == 2
    actions = play(fleet, WantsColdStart(app.number))
    assert Kill(app.number) in actions
    assert fleet.processes[starts(actions)[0].number].stage == 1


def test_a_file_that_takes_long_to_reach_gets_a_checkpoint_once_it_is_edited() -> None:
    fleet = warm()
    [app] = starts(play(fleet, Changed(("b.py",))))
    play(fleet, BecameReady(app.number))
    [stage] = stages_forked(play(fleet, LearnedImports(app.number, LEARNED)))
    assert (stage.parent, stage.before) == (2, "b")
    play(fleet, StageReady(stage.stage))
    [there] = starts(play(fleet, Changed(("b.py",))))
    assert fleet.processes[there.number].stage == stage.stage
    # From a file that was imported before it, or that nobody knows, there is no way through it.
    play(fleet, BecameReady(there.number))
    [app] = starts(play(fleet, Changed(("a.py",))))
    assert fleet.processes[app.number].stage == 2
    assert EndStage(stage.stage) in play(fleet, Exited(there.number, 0))


def test_a_project_that_uses_nothing_of_others_has_checkpoints_too() -> None:
    fleet = serving()
    alone = LEARNED.but(third_party=())
    play(fleet, LearnedImports(1, alone))
    [app] = starts(play(fleet, Changed(("b.py",))))
    [stage] = stages_forked(play(fleet, BecameReady(app.number), LearnedImports(app.number, alone)))
    assert (stage.parent, stage.before) == (1, "b")
    play(fleet, StageReady(stage.stage))
    [there] = starts(play(fleet, Changed(("b.py",))))
    assert fleet.processes[there.number].stage == stage.stage


def test_a_warm_forkserver_that_dies_is_replaced() -> None:
    fleet = warm()
    [app] = starts(play(fleet, Changed(("a.py",))))
    play(fleet, BecameReady(app.number), LearnedImports(app.number, LEARNED))
    actions = play(fleet, StageDied(2))
    assert TellForkserverDied() in actions
    [app] = starts(actions)
    assert fleet.processes[app.number].stage == 1
    assert stages_forked(play(fleet, BecameReady(app.number), LearnedImports(app.number, LEARNED)))


LEARNED = Learned(third_party=("x", "y"), project=(ProjectModule("a", "a.py", 0.0), ProjectModule("b", "b.py", 1.0)))


def warm(knowledge: Learned = LEARNED) -> Fleet:
    """Process 1 serves, forkserver 2 holds what it imports of others."""
    fleet = serving()
    play(fleet, LearnedImports(1, knowledge), StageReady(2))
    return fleet


def forks(actions: Iterable[Action]) -> list[Fork]:
    return [action for action in actions if isinstance(action, Fork)]


def stages_forked(actions: Iterable[Action]) -> list[ForkStage]:
    return [action for action in actions if isinstance(action, ForkStage)]


def test_a_change_that_waited_for_a_terminal_is_started_once_where_the_forkserver_died_with_its_holder() -> None:
    fleet = serving()
    play(fleet, TerminalClaimed(1), Changed(("a.py",)))
    actions = play(fleet, StageDied(1))
    assert [action.number for action in actions if isinstance(action, Start)] == [4]
    assert [action.stage for action in actions if isinstance(action, Fork)] == [2]
