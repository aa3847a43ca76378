"""Reloads by steps, carried out to their end: by processes that do as they are told, in any order."""

import signal
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tornado_cli.run.actions import Action, ActivateWorker, DrainWorker, StartGeneration, TellStepped
from tornado_cli.run.events import (
    Event,
    MemoryMeasured,
    SignalArrived,
    Started,
    WorkerExited,
    WorkerReady,
    WorkerWaits,
)
from tornado_cli.run.fleet import Fleet, Limits, Phase, SlotState
from tornado_cli.run.policy import next_actions
from tornado_cli.run.worker import RECYCLED

USED = 100


class Machine:
    """Processes that do what they are told, in the order of chance."""

    def __init__(self, fleet: Fleet, chance: Random, *, left: int) -> None:
        self.fleet = fleet
        self.told: list[Action] = []
        self.loaded: set[int] = set()
        """Who holds the application in memory."""
        self.most = 0
        """How many have done so at once."""
        self._chance = chance
        self._left = left
        self._pids = 0
        self._due: list[Event] = []

    def happen(self, event: Event) -> None:
        """Let it happen, and all that comes of it."""
        self._due.append(event)
        while self._due:
            self._step(self._due.pop(self._chance.randrange(len(self._due))))

    def _step(self, event: Event) -> None:
        if isinstance(event, WorkerExited):
            self.loaded.discard(event.pid)
        for action in next_actions(self.fleet, event, 0.0):
            self.told.append(action)
            self._carry_out(action)
        if isinstance(event, WorkerExited) and event.code == RECYCLED:
            self._fork(event.generation, event.slot)

    def _carry_out(self, action: Action) -> None:
        match action:
            case StartGeneration(number, slots):
                if number > 1:
                    # At once, as the supervisor does.
                    self._step(MemoryMeasured(number, used=USED, left=self._left))
                for slot in range(slots):
                    self._fork(number, slot)
            case ActivateWorker(number, slot, pid):
                self.loaded.add(pid)
                self.most = max(self.most, len(self.loaded))
                self._due.append(WorkerReady(number, slot, pid))
            case DrainWorker(number, slot, pid):
                self._due.append(WorkerExited(number, slot, pid, RECYCLED if action.comes_back else 0))

    def _fork(self, number: int, slot: int) -> None:
        self._pids += 1
        self._due.append(WorkerWaits(number, slot, self._pids))


@given(
    workers=st.integers(1, 6),
    step=st.sampled_from([None, 0, 1, 2, 7]),
    left=st.sampled_from([USED - 1, USED]),
    seed=st.integers(0, 1000),
)
def test_every_reload_comes_to_its_end_and_steps_never_hold_more_than_a_step_besides(
    workers: int, step: int | None, left: int, seed: int
) -> None:
    fleet = Fleet(workers, Limits(spares=workers + 2, reload_step=step))
    machine = Machine(fleet, Random(seed), left=left)
    machine.happen(Started())
    machine.happen(SignalArrived(signal.SIGHUP))
    new = fleet.generations[2]
    assert (new.phase, new.count(SlotState.READY)) == (Phase.SERVING, workers)
    assert len(machine.loaded) == workers
    by_itself = step is None and left < USED and workers > 1
    assert any(isinstance(one, TellStepped) for one in machine.told) is by_itself
    assert machine.most <= workers + (1 if by_itself else step or workers)
