"""What looks at the workers lead to, and what months of rare crashes do not."""

import signal
from collections.abc import Iterable, Mapping
from random import Random
from typing import Any

import pytest

from tornado_cli.run.actions import (
    Action,
    ActivateWorker,
    DrainWorker,
    DumpStacks,
    EndGeneration,
    KillWorker,
    StartGeneration,
    TellDeath,
    TellForkRefused,
    TellKilled,
    TellRecycling,
    TellVerdict,
)
from tornado_cli.run.events import (
    Event,
    ForkRefused,
    LeaderFailed,
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
from tornado_cli.run.policy import next_actions
from tornado_cli.run.slots import HEALTHY_AFTER

DAY = 24 * 3600.0
HUP = SignalArrived(signal.SIGHUP)
FAILURE = {"title": "no database", "traceback": "", "hint": ""}


class History:
    """A fleet and what happens to it, in time."""

    def __init__(self, workers: int = 2, **limits: Any) -> None:
        known = {"spares": 2, "hang_timeout": 0.0, "graceful_timeout": 10.0}
        self.fleet = Fleet(workers, Limits(**{**known, **limits}), chance=Random(7))
        self.now = 1000.0
        self._pids = 100
        self.happen(Started())
        self.start(1)

    def start(self, generation: int) -> list[Action]:
        """Let all its slots wait, and those be ready that are activated."""
        slots = self.fleet.generations[generation].slots
        return [action for slot in list(slots) for action in self.wait(generation, slot)]

    def wait(self, generation: int, slot: int) -> list[Action]:
        """Let a slot be forked, and whoever is activated then be ready."""
        self._pids += 1
        return self.carry_out(self.happen(WorkerWaits(generation, slot, self._pids)))

    def carry_out(self, actions: list[Action]) -> list[Action]:
        done = list(actions)
        for action in actions:
            if isinstance(action, ActivateWorker):
                ready = WorkerReady(action.generation, action.slot, action.pid)
                done += self.carry_out(self.happen(ready))
        return done

    def happen(self, *events: Event, after: float = 0.0) -> list[Action]:
        self.now += after
        return [action for event in events for action in next_actions(self.fleet, event, self.now)]

    def look(self, beats: Mapping[int, int], after: float, **values: int) -> list[Action]:
        seen = {
            (1, slot): Observation(**{"beat": beat, "requests": 0, "rss": 0, **values}) for slot, beat in beats.items()
        }
        return self.happen(Tick(seen), after=after)

    def die(self, slot: int, code: int = -9) -> list[Action]:
        return self.happen(WorkerExited(1, slot, self.pid_of(slot), code))

    def pid_of(self, slot: int) -> int:
        return self.fleet.generations[1].slots[slot].pid

    def serving(self) -> list[int]:
        return [number for number, _ in self.fleet.generations[1].in_state(SlotState.READY)]


def of_kind(kind: type[Action], actions: Iterable[Action]) -> list[Action]:
    return [action for action in actions if isinstance(action, kind)]


# S9


@pytest.mark.parametrize("budget", [None, (3, 60.0)])
def test_crashes_that_are_rare_never_end_it_however_many_they_become(budget: tuple[int, float] | None) -> None:
    history = History(crash_budget=budget)
    for _ in range(500):
        history.now += DAY
        [victim, _] = history.serving()
        actions = history.die(victim)
        [death] = of_kind(TellDeath, actions)
        assert isinstance(death, TellDeath)
        assert death.delay == 0.0
        assert not of_kind(TellVerdict, actions)
        history.wait(1, victim)
        assert len(history.serving()) == 2
    assert history.fleet.newest == 1


def test_crashes_in_a_row_are_answered_ever_more_slowly_up_to_a_limit() -> None:
    # S8
    history = History(workers=1)
    delays: list[float] = []
    for _ in range(40):
        [victim] = history.serving()
        [death] = of_kind(TellDeath, history.die(victim))
        assert isinstance(death, TellDeath)
        assert death.delay is not None
        delays.append(death.delay)
        history.wait(1, victim)
        history.carry_out(history.happen(Tick(), after=death.delay))
    assert delays[0] == 0.0
    assert min(delays[-10:]) >= 15.0
    assert max(delays) <= 30.0
    history.now += HEALTHY_AFTER
    [victim] = history.serving()
    [death] = of_kind(TellDeath, history.die(victim))
    assert isinstance(death, TellDeath)
    assert death.delay == 0.0


# S4, S11, S12


@pytest.mark.parametrize("timeout", [0.5, 1.0, 5.0, 30.0])
def test_a_loop_that_stands_still_is_dumped_and_killed_within_a_second_more(timeout: float) -> None:
    history = History(hang_timeout=timeout)
    history.look({0: 1, 1: 1}, after=history.fleet.look_interval)
    # Its last beat comes right after a look: the longest that can pass.
    began, beat = history.now, 1
    done: list[Action] = []
    while not of_kind(KillWorker, done):
        beat += 1
        deadline = history.fleet.next_deadline()
        assert deadline is not None
        done += history.look({0: 2, 1: beat}, after=deadline - history.now)
        assert history.now - began <= timeout + 1
    assert [type(action) for action in done] == [DumpStacks, TellKilled, KillWorker]
    assert KillWorker(1, 0) in done


@pytest.mark.parametrize("timeout", [0.5, 1.0, 30.0])
@pytest.mark.parametrize("away", [0.6, 1.1, 60.0])
def test_time_in_which_the_supervisor_itself_stood_still_is_held_against_nobody(timeout: float, away: float) -> None:
    history = History(hang_timeout=timeout)
    step = history.fleet.look_interval
    history.look({0: 1, 1: 1}, after=step)
    # All stood still: the workers have not beaten either when it wakes first.
    assert not history.look({0: 1, 1: 1}, after=away * timeout)
    assert not history.look({0: 2, 1: 2}, after=step)


def test_without_a_hang_timeout_nobody_is_killed_for_standing_still() -> None:
    history = History(hang_timeout=0.0)
    assert not [action for _ in range(100) for action in history.look({0: 1, 1: 1}, after=10.0)]


# S32


def test_workers_that_reach_their_limit_together_are_replaced_one_after_the_other() -> None:
    history = History(max_requests=100)
    first = history.look({0: 1, 1: 1}, after=2.0, requests=500)
    assert len(of_kind(TellRecycling, first)) == 1
    assert not of_kind(TellRecycling, history.look({0: 2, 1: 2}, after=2.0, requests=500))
    assert len(history.serving()) == 2
    assert [type(action) for action in history.carry_out(of_kind(ActivateWorker, first))][-1] is DrainWorker


def test_limits_are_stretched_by_chance_so_that_workers_do_not_reach_them_together() -> None:
    chances = {slot.chance for _, slot in History(workers=8).fleet.generations[1].in_state(SlotState.READY)}
    assert len(chances) == 8
    assert all(0.9 <= chance <= 1.1 for chance in chances)


# S21


def test_spares_take_the_places_of_those_who_cannot_be_forked() -> None:
    history = History(workers=2)
    [victim, other] = history.serving()
    history.die(victim)
    assert history.serving() == [other]
    actions = history.carry_out(history.happen(ForkRefused(1, "no processes left")))
    assert TellForkRefused(1, "no processes left") in actions
    assert len(history.serving()) == 2
    # What comes back in the end is a spare.
    history.wait(1, victim)
    assert len(history.serving()) == 2


def test_a_leader_that_cannot_be_started_leaves_the_old_generation_serving() -> None:
    history = History()
    assert of_kind(StartGeneration, history.happen(HUP))
    assert of_kind(EndGeneration, history.happen(LeaderFailed(2, FAILURE)))
    assert list(history.fleet.generations) == [1]
    assert len(history.serving()) == 2
    assert not history.fleet.is_leaving


# S17, by steps


def test_a_reload_by_steps_that_fails_drains_what_serves_of_it_and_fills_up_the_old() -> None:
    history = History(reload_step=1)
    history.happen(HUP)
    slots = len(history.fleet.generations[2].slots)
    for slot in range(slots):
        history.happen(WorkerWaits(2, slot, 200 + slot))
    [leaves] = history.happen(WorkerReady(2, 0, 200))
    assert isinstance(leaves, DrainWorker)
    assert len(history.serving()) == 1
    history.happen(WorkerExited(1, leaves.slot, leaves.pid, 71), WorkerWaits(1, leaves.slot, 99))
    actions = history.happen(WorkerFailed(2, 1, FAILURE))
    assert DrainWorker(2, 0, 200) in actions
    assert KillWorker(2, 1) in actions
    assert history.fleet.generations[2].phase is Phase.LEAVING
    history.carry_out(actions)
    assert len(history.serving()) == 2
