"""The supervisor's decisions, by histories."""

import signal
from collections.abc import Iterable
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_cli.errors import ExitCode
from tornado_cli.run.actions import (
    Action,
    ActivateWorker,
    CloseListeners,
    DrainWorker,
    DumpStacks,
    EndGeneration,
    ForgetGeneration,
    GenerationIsReady,
    KillWorker,
    Leave,
    ReopenLogs,
    StartGeneration,
    TellDeath,
    TellFailure,
    TellKept,
    TellKilled,
    TellLeaderDeath,
    TellRecycling,
    TellStepped,
    TellVerdict,
)
from tornado_cli.run.events import (
    Event,
    ForkRefused,
    LeaderExited,
    LeaderFailed,
    MemoryMeasured,
    Observation,
    SignalArrived,
    Started,
    Tick,
    WorkerExited,
    WorkerFailed,
    WorkerReady,
    WorkerWaits,
)
from tornado_cli.run.fleet import Fleet, Limits, Phase, SlotState
from tornado_cli.run.policy import LEADER_DEATHS, next_actions
from tornado_cli.run.slots import DUMP_TIME, delay_after

WORKERS, SPARES = 2, 1
TERM, HUP = SignalArrived(signal.SIGTERM), SignalArrived(signal.SIGHUP)
FAILURE = {"title": "no database", "traceback": "", "hint": ""}


def a_fleet(workers: int = WORKERS, **limits: Any) -> Fleet:
    known = {"spares": SPARES, "graceful_timeout": 10.0, "boot_timeout": 60.0}
    return Fleet(workers, Limits(**{**known, **limits}), chance=Random(7))


def play(fleet: Fleet, *events: Event, now: float = 0.0) -> list[Action]:
    """Let these happen at once; return what is to be done after the last of them."""
    actions: list[Action] = []
    for event in events:
        actions = next_actions(fleet, event, now)
    return actions


def pid(generation: int, slot: int) -> int:
    return generation * 100 + slot


def waiting(generation: int) -> list[Event]:
    return [WorkerWaits(generation, slot, pid(generation, slot)) for slot in range(WORKERS + SPARES)]


def start_of(generation: int) -> list[Event]:
    """All that is reported until it is ready."""
    return [*waiting(generation), *(WorkerReady(generation, slot, pid(generation, slot)) for slot in range(WORKERS))]


def serving() -> Fleet:
    fleet = a_fleet()
    play(fleet, Started(), *start_of(1))
    return fleet


def kinds(actions: Iterable[Action]) -> list[type[Action]]:
    return [type(action) for action in actions]


def test_as_many_as_there_are_to_be_workers_are_activated_and_the_spares_wait() -> None:
    fleet = a_fleet()
    assert play(fleet, Started()) == [StartGeneration(1, WORKERS + SPARES)]
    activated = [action for event in waiting(1) for action in next_actions(fleet, event, 0.0)]
    assert activated == [ActivateWorker(1, 0, 100), ActivateWorker(1, 1, 101)]


def test_a_generation_is_ready_with_its_last_worker() -> None:
    fleet = a_fleet()
    assert play(fleet, Started(), *start_of(1)[:-1]) == []
    assert play(fleet, start_of(1)[-1]) == [GenerationIsReady(1)]


def test_the_old_generation_is_drained_only_when_the_new_one_is_ready() -> None:
    fleet = serving()
    assert play(fleet, HUP) == [StartGeneration(2, WORKERS + SPARES)]
    ready, *rest = play(fleet, *start_of(2))
    assert ready == GenerationIsReady(2)
    assert {(action.generation, action.slot) for action in rest if isinstance(action, DrainWorker)} == {
        (1, 0),
        (1, 1),
        (1, 2),
    }
    assert fleet.generations[1].phase is Phase.LEAVING


def test_a_generation_is_forgotten_when_its_workers_and_its_leader_have_gone() -> None:
    fleet = serving()
    play(fleet, HUP, *start_of(2))
    assert play(fleet, *(WorkerExited(1, slot, pid(1, slot), 0) for slot in range(3))) == []
    assert play(fleet, LeaderExited(1, 0)) == [ForgetGeneration(1)]


def test_reloads_asked_for_during_a_reload_are_one_more() -> None:
    fleet = serving()
    play(fleet, HUP)
    assert play(fleet, HUP, HUP, HUP) == []
    assert StartGeneration(3, 3) in play(fleet, *start_of(2))
    assert StartGeneration(4, 3) not in play(fleet, *start_of(3))


def test_a_reload_asked_for_while_broken_code_starts_is_not_lost() -> None:
    fleet = serving()
    play(fleet, HUP, *waiting(2), HUP)
    actions = play(fleet, WorkerFailed(2, 0, FAILURE))
    assert EndGeneration(2) in actions
    assert StartGeneration(3, 3) in actions


def test_broken_new_code_ends_its_own_generation_only() -> None:
    fleet = serving()
    play(fleet, HUP, *waiting(2))
    assert play(fleet, WorkerFailed(2, 0, FAILURE)) == [
        TellFailure(2, FAILURE),
        EndGeneration(2),
        TellKept(failed=2, serving=1),
        ForgetGeneration(2),
    ]
    assert not fleet.is_leaving


@pytest.mark.parametrize(
    "end",
    [WorkerFailed(1, 0, FAILURE), WorkerExited(1, 0, 100, 0), WorkerExited(1, 0, 100, -11), WorkerExited(1, 0, 100, 9)],
)
def test_what_cannot_start_the_first_time_ends_with_3_and_is_told_once(end: Event) -> None:
    fleet = a_fleet()
    actions = play(fleet, Started(), *waiting(1), end)
    assert kinds(actions).count(TellFailure) == 1
    assert actions[-1] == Leave(ExitCode.APP)
    assert not [action for action in play(fleet, WorkerFailed(1, 1, FAILURE)) if isinstance(action, TellFailure)]


@pytest.mark.parametrize("code", [-9, 70])
def test_a_worker_that_died_comes_back_to_its_slot(code: int) -> None:
    fleet = serving()
    assert play(fleet, WorkerExited(1, 0, 100, code)) == [TellDeath(1, 0, 100, code, 0.0)]
    assert play(fleet, WorkerWaits(1, 0, 777)) == [ActivateWorker(1, 0, 777)]


def test_a_slot_that_is_lost_is_filled_by_a_spare() -> None:
    actions = play(serving(), WorkerExited(1, 0, 100, 0))
    assert actions == [TellDeath(1, 0, 100, 0, None), ActivateWorker(1, 2, 102)]


def test_when_the_slots_are_used_up_a_new_generation_brings_new_ones() -> None:
    fleet = serving()
    play(fleet, WorkerExited(1, 0, 100, 0))
    assert StartGeneration(2, 3) in play(fleet, WorkerExited(1, 1, 101, 0))


def test_delays_grow_to_a_limit_and_begin_with_none() -> None:
    chance = Random(7)
    delays = [delay_after(deaths, chance) for deaths in range(30)]
    assert delays[:2] == [0.0, 0.0]
    assert all(0.05 <= delay <= 30.0 for delay in delays[2:])
    assert max(delays) > 10


def test_a_worker_that_keeps_dying_waits_its_delay_before_it_is_activated_again() -> None:
    fleet = a_fleet(workers=1, spares=0)
    play(fleet, Started(), WorkerWaits(1, 0, 1), WorkerReady(1, 0, 1))
    play(fleet, WorkerExited(1, 0, 1, -9), WorkerWaits(1, 0, 2), WorkerReady(1, 0, 2))
    [told] = play(fleet, WorkerExited(1, 0, 2, -9))
    assert isinstance(told, TellDeath)
    assert told.delay
    assert play(fleet, WorkerWaits(1, 0, 3)) == []
    due = fleet.next_deadline()
    assert due == told.delay
    assert play(fleet, Tick(), now=told.delay) == [ActivateWorker(1, 0, 3)]


def test_good_health_makes_earlier_deaths_forgotten() -> None:
    fleet = a_fleet(workers=1, spares=0)
    play(fleet, Started(), WorkerWaits(1, 0, 1), WorkerReady(1, 0, 1))
    for number in range(2, 9):
        play(fleet, WorkerExited(1, 0, number - 1, -9), WorkerWaits(1, 0, number))
        play(fleet, Tick(), WorkerReady(1, 0, number), now=1000.0 * number)
    assert play(fleet, WorkerExited(1, 0, 8, -9), now=9000.0) == [TellDeath(1, 0, 8, -9, 0.0)]


def test_reports_about_another_process_than_the_slots_own_are_ignored() -> None:
    fleet = serving()
    assert play(fleet, WorkerExited(1, 0, 999, -9), WorkerReady(1, 2, 999), WorkerReady(7, 0, 1)) == []


def test_a_dead_leader_is_replaced_and_its_workers_serve_on() -> None:
    fleet = serving()
    assert play(fleet, LeaderExited(1, -9)) == [TellLeaderDeath(1, -9), StartGeneration(2, 3)]
    assert fleet.generations[1].phase is Phase.SERVING
    assert DrainWorker(1, 0, 100) in play(fleet, *start_of(2))


def test_leaders_that_die_again_and_again_end_it_with_1() -> None:
    fleet = a_fleet()
    play(fleet, Started())
    for generation in range(1, LEADER_DEATHS):
        assert StartGeneration(generation + 1, 3) in play(fleet, LeaderExited(generation, -9))
    assert play(fleet, LeaderExited(LEADER_DEATHS, -9))[-1] == Leave(ExitCode.FAILURE)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_closes_the_listeners_and_drains_everybody(number: signal.Signals) -> None:
    fleet = serving()
    actions = play(fleet, SignalArrived(number))
    assert kinds(actions) == [CloseListeners, DrainWorker, DrainWorker, DrainWorker]
    assert play(fleet, TERM) == []
    exits = [WorkerExited(1, slot, pid(1, slot), 0) for slot in range(3)]
    assert play(fleet, *exits, LeaderExited(1, 0))[-1] == Leave(ExitCode.OK)


def test_a_stop_before_anybody_serves_ends_at_once() -> None:
    fleet = a_fleet()
    assert play(fleet, Started(), *waiting(1), TERM) == [
        CloseListeners(),
        EndGeneration(1),
        ForgetGeneration(1),
        Leave(ExitCode.OK),
    ]


def test_what_hangs_is_killed_and_told_of() -> None:
    fleet = serving()
    play(fleet, TERM)
    due = fleet.next_deadline()
    assert due is not None
    assert due >= 10.0
    # It shows where it is, and has a moment to.
    assert DumpStacks in kinds(play(fleet, Tick(), now=due))
    actions = play(fleet, Tick(), now=due + DUMP_TIME)
    assert TellKilled in kinds(actions) or EndGeneration in kinds(actions)


def test_a_start_that_takes_too_long_is_killed_and_told_of() -> None:
    fleet = a_fleet()
    play(fleet, Started(), *waiting(1))
    assert fleet.next_deadline() == 60.0
    assert kinds(play(fleet, Tick(), now=60.0)) == [DumpStacks] * WORKERS
    assert kinds(play(fleet, Tick(), now=60.0 + DUMP_TIME)) == [TellKilled, KillWorker] * WORKERS


def test_a_second_int_ends_it_at_once_with_130() -> None:
    fleet = serving()
    play(fleet, SignalArrived(signal.SIGINT))
    assert play(fleet, SignalArrived(signal.SIGINT))[-1] == Leave(ExitCode.INTERRUPTED)


def test_quit_ends_it_at_once() -> None:
    assert play(serving(), SignalArrived(signal.SIGQUIT))[-1] == Leave(ExitCode.OK)


def test_usr1_reopens_the_logs_and_other_signals_do_nothing() -> None:
    assert play(serving(), SignalArrived(signal.SIGUSR1)) == [ReopenLogs()]
    assert play(serving(), SignalArrived(signal.SIGWINCH)) == []


def test_a_reload_during_a_stop_does_nothing() -> None:
    fleet = serving()
    play(fleet, TERM)
    assert play(fleet, HUP) == []


def test_a_crash_budget_that_is_spent_ends_it_with_1_and_a_verdict() -> None:
    fleet = a_fleet(crash_budget=(2, 60.0))
    play(fleet, Started(), *start_of(1))
    for number in range(2):
        play(fleet, WorkerExited(1, 0, 100, -9), WorkerWaits(1, 0, 100), now=float(number))
    actions = play(fleet, WorkerExited(1, 1, 101, -9), now=3.0)
    assert TellVerdict in kinds(actions)
    assert fleet.is_leaving
    assert fleet.code is ExitCode.FAILURE


def seen(fleet: Fleet, slot: int, **values: int) -> Tick:
    number = next(iter(fleet.generations))
    return Tick({(number, slot): Observation(**{"beat": 1, "requests": 0, "rss": 0, **values})})


def test_a_worker_whose_loop_is_blocked_shows_where_and_is_killed() -> None:
    fleet = a_fleet(hang_timeout=4.0)
    play(fleet, Started(), *start_of(1))
    done = [action for second in range(12) for action in next_actions(fleet, seen(fleet, 0), float(second))]
    assert kinds(done) == [DumpStacks, TellKilled, KillWorker]


def test_a_worker_that_beats_is_left_alone() -> None:
    fleet = a_fleet(hang_timeout=4.0)
    play(fleet, Started(), *start_of(1))
    assert not [one for second in range(30) for one in next_actions(fleet, seen(fleet, 0, beat=second), float(second))]


def test_a_worker_past_its_requests_is_replaced_before_it_is_drained() -> None:
    fleet = a_fleet(max_requests=100)
    play(fleet, Started(), *start_of(1))
    told, activated = play(fleet, seen(fleet, 0, requests=200), now=2.0)
    assert isinstance(told, TellRecycling)
    assert activated == ActivateWorker(1, 2, 102)
    assert play(fleet, WorkerReady(1, 2, 102), now=3.0) == [DrainWorker(1, 0, 100, comes_back=True)]


def test_ttin_and_ttou_are_one_worker_more_or_less_and_never_none() -> None:
    fleet = serving()
    more = play(fleet, SignalArrived(signal.SIGTTIN))
    assert more[1:] == [ActivateWorker(1, 2, 102)]
    play(fleet, WorkerReady(1, 2, 102))
    assert play(fleet, SignalArrived(signal.SIGTTOU))[1:] == [DrainWorker(1, 2, 102, comes_back=True)]
    for _ in range(5):
        play(fleet, SignalArrived(signal.SIGTTOU))
    assert fleet.workers == 1


def test_a_worker_less_while_they_start_is_one_less_in_service() -> None:
    fleet = a_fleet()
    play(fleet, Started(), *waiting(1), SignalArrived(signal.SIGTTOU), *start_of(1)[-WORKERS:])
    play(fleet, Tick(), now=5.0)
    assert fleet.workers == fleet.generations[1].count(SlotState.READY) == 1


def test_a_reload_by_steps_replaces_one_worker_at_a_time() -> None:
    fleet = a_fleet(reload_step=1)
    play(fleet, Started(), *start_of(1), HUP)
    assert [action for event in waiting(2) for action in next_actions(fleet, event, 0.0)] == [ActivateWorker(2, 0, 200)]
    assert play(fleet, WorkerReady(2, 0, 200)) == [DrainWorker(1, 1, 101, comes_back=True)]
    # Only now there is room for the next one.
    assert play(fleet, WorkerExited(1, 1, 101, 71)) == [ActivateWorker(2, 1, 201)]
    assert play(fleet, WorkerReady(2, 1, 201))[0] == GenerationIsReady(2)


@pytest.mark.parametrize(
    ("workers", "limits", "used", "left", "steps"),
    [
        (2, {}, 100, 99, True),
        (2, {}, 100, 100, False),
        (2, {}, 0, 0, False),
        (1, {}, 100, 0, False),
        (2, {"reload_step": 0}, 100, 0, False),
    ],
    ids=["too little", "just enough", "nothing is known", "one worker has no steps", "all at once was asked for"],
)
def test_a_reload_goes_by_steps_of_itself_when_memory_does_not_hold_two_generations(
    workers: int, limits: dict[str, Any], used: int, left: int, *, steps: bool
) -> None:
    fleet = a_fleet(workers, spares=WORKERS + SPARES - workers, **limits)
    play(fleet, Started(), *waiting(1), *(WorkerReady(1, slot, pid(1, slot)) for slot in range(workers)), HUP)
    told = play(fleet, MemoryMeasured(2, used, left))
    assert told == ([TellStepped(2, used, left)] if steps else [])
    activated = [action for event in waiting(2) for action in next_actions(fleet, event, 0.0)]
    assert len(activated) == (1 if steps else workers)


def test_steps_that_were_asked_for_are_taken_whatever_memory_there_is() -> None:
    fleet = a_fleet(workers=3, spares=0, reload_step=2)
    play(fleet, Started(), *waiting(1), *(WorkerReady(1, slot, pid(1, slot)) for slot in range(3)), HUP)
    assert play(fleet, MemoryMeasured(2, 100, 0)) == []
    assert fleet.generations[2].wanted == 2


def test_memory_that_is_measured_late_changes_nothing() -> None:
    fleet = serving()
    play(fleet, HUP, *waiting(2))
    assert play(fleet, MemoryMeasured(2, 100, 0)) == []
    assert play(fleet, MemoryMeasured(1, 100, 0)) == []


def test_a_start_beside_nobody_takes_no_steps() -> None:
    fleet = a_fleet(reload_step=1)
    activated = [action for event in [Started(), *waiting(1)] for action in play(fleet, event)]
    assert kinds(activated).count(ActivateWorker) == WORKERS


# Any history.

generations = st.integers(1, 4)
slots = st.integers(0, WORKERS + SPARES - 1)
pids = st.integers(1, 3)
sizes = st.integers(0, 2)
codes = st.sampled_from([0, 70, -9, -11])
numbers = st.sampled_from(
    [signal.SIGHUP, signal.SIGUSR1, signal.SIGTTIN, signal.SIGTTOU, signal.SIGTERM, signal.SIGINT, signal.SIGQUIT]
)
observations = st.builds(Observation, beat=st.integers(0, 3), requests=st.integers(0, 200), rss=st.integers(0, 200))
limits = st.fixed_dictionaries(
    {
        "hang_timeout": st.sampled_from([0.0, 5.0]),
        "max_requests": st.sampled_from([0, 100]),
        "max_rss": st.sampled_from([0, 100]),
        "max_lifetime": st.sampled_from([0.0, 20.0]),
        "reload_step": st.sampled_from([None, 0, 1]),
        "drain_delay": st.sampled_from([0.0, 2.0]),
        "crash_budget": st.sampled_from([None, (3, 60.0)]),
    }
)
events = st.one_of(
    st.builds(WorkerWaits, generations, slots, pids),
    st.builds(WorkerReady, generations, slots, pids),
    st.builds(WorkerFailed, generations, slots, st.just(FAILURE)),
    st.builds(WorkerExited, generations, slots, pids, codes),
    st.builds(ForkRefused, generations, st.just("no more processes")),
    st.builds(MemoryMeasured, generations, sizes, sizes),
    st.builds(LeaderExited, generations, codes),
    st.builds(LeaderFailed, generations, st.just(FAILURE)),
    st.builds(SignalArrived, numbers),
    st.builds(Tick, st.dictionaries(st.tuples(generations, slots), observations, max_size=4)),
)
histories = st.lists(st.tuples(events, st.floats(0, 40)), max_size=60)


def is_possible(fleet: Fleet, event: Event) -> bool:
    """A generation that was started with fewer workers has fewer slots that could report."""
    match event:
        case (
            WorkerWaits(number, slot)
            | WorkerReady(number, slot)
            | WorkerFailed(number, slot)
            | WorkerExited(number, slot)
        ):
            return number not in fleet.generations or slot in fleet.generations[number].slots
    return True


def assert_is_legal(fleet: Fleet) -> None:
    for generation in fleet.generations.values():
        assert not generation.is_over
        if generation.phase is not Phase.LEAVING:
            replacements = sum(slot.replaces is not None for slot in generation.slots.values())
            assert replacements <= 1
        for slot in generation.slots.values():
            if slot.kill_at is not None:
                assert slot.state is SlotState.DRAINING or slot.condemned
    assert len(fleet.of_phase(Phase.STARTING)) <= 1
    if fleet.is_leaving:
        assert not fleet.of_phase(Phase.STARTING)
        assert not fleet.of_phase(Phase.SERVING)


def end_of_all(fleet: Fleet) -> Iterable[Event]:
    """Whatever is still there goes, as `fork_processes` and the kernel tell it."""
    for generation in list(fleet.generations.values()):
        for number, slot in generation.slots.items():
            yield WorkerExited(generation.number, number, slot.pid, 0)
        yield LeaderExited(generation.number, 0)


@given(limits, histories)
def test_any_history_leaves_a_legal_state_and_an_end(
    limits: dict[str, Any], history: list[tuple[Event, float]]
) -> None:
    fleet, now = a_fleet(**limits), 0.0
    started: list[int] = []
    left: list[Leave] = []

    def happen(event: Event) -> None:
        was_leaving = fleet.is_leaving
        actions = next_actions(fleet, event, now)
        assert_is_legal(fleet)
        for action in actions:
            match action:
                case ActivateWorker(number):
                    generation = fleet.generations[number]
                    replacements = sum(slot.replaces is not None for slot in generation.slots.values())
                    active = generation.count(SlotState.STARTING, SlotState.READY)
                    assert active - replacements <= generation.wanted
                case StartGeneration(number):
                    assert not was_leaving
                    started.append(number)
                case Leave():
                    left.append(action)

    happen(Started())
    for event, pause in history:
        now += pause
        if is_possible(fleet, event):
            happen(event)
        if left:
            break
        due = fleet.next_deadline()
        if due is not None and due <= now:
            happen(Tick())
            assert (after := fleet.next_deadline()) is None or after > now, "a tick leaves nothing due"
    if not left:
        happen(TERM)
    for event in end_of_all(fleet):
        if not left:
            happen(event)
    assert started == list(range(1, len(started) + 1))
    assert left
    assert not fleet.generations


@given(limits, histories)
def test_time_alone_brings_a_stop_to_its_end(limits: dict[str, Any], history: list[tuple[Event, float]]) -> None:
    """No process says anything more after a TERM: all that hangs is killed, within the time that was promised."""
    fleet, now = a_fleet(**limits), 0.0
    next_actions(fleet, Started(), now)
    for event, pause in history:
        now += pause
        if is_possible(fleet, event):
            next_actions(fleet, event, now)
    actions = next_actions(fleet, TERM, now)
    while not any(isinstance(action, Leave) for action in actions) and fleet.generations:
        due = fleet.next_deadline()
        assert due is not None
        actions = next_actions(fleet, Tick(), max(due, now))
        now = max(due, now)
    assert not fleet.generations
