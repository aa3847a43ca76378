"""What the supervisor does next: decided here on plain values, carried out in `run.supervisor`."""

import signal
from collections.abc import Mapping
from typing import Any

from tornado_cli.errors import ExitCode
from tornado_cli.run.actions import (
    Action,
    CloseListeners,
    EndGeneration,
    ForgetGeneration,
    Leave,
    ReopenLogs,
    TellFailure,
    TellForkRefused,
    TellLeaderDeath,
    TellScaled,
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
from tornado_cli.run.fleet import Fleet, Generation, Phase, SlotState
from tornado_cli.run.generations import choose_steps, end, give_up, go_on_starting, retire, start_generation, stop_now
from tornado_cli.run.health import look_at_workers
from tornado_cli.run.slots import adjust, drain, note_death, note_exit, past_deadline
from tornado_cli.system.endings import how_it_ended

STOP_MARGIN = 1.0
"""Seconds after the graceful timeout by which a final stop is over, whatever hangs."""
LEADER_DEATHS = 3
"""Leaders that may die without a good start between them."""


def next_actions(fleet: Fleet, event: Event, now: float) -> list[Action]:
    """Note the event in `fleet` and say what to do."""
    actions = _answer(fleet, event, now)
    for generation in [one for one in fleet.generations.values() if one.is_over]:
        del fleet.generations[generation.number]
        actions.append(ForgetGeneration(generation.number))
    if fleet.is_leaving and not fleet.generations:
        actions.append(Leave(fleet.code))
    return actions


def _answer(fleet: Fleet, event: Event, now: float) -> list[Action]:
    match event:
        case Started():
            return start_generation(fleet)
        case SignalArrived(number):
            return _signal_arrived(fleet, number, now)
        case Tick(seen):
            return _tick(fleet, seen, now)
        case LeaderExited(number, code):
            return _leader_exited(fleet, number, code)
    generation = fleet.generations.get(event.generation)
    if generation is None:
        return []
    match event:
        case WorkerWaits(_, slot, pid):
            return _worker_waits(fleet, generation, slot, pid, now)
        case WorkerReady(_, slot, pid):
            return _worker_ready(fleet, generation, slot, pid, now)
        case WorkerFailed(_, slot, failure):
            return _worker_failed(fleet, generation, slot, failure, now)
        case LeaderFailed(_, failure):
            return [TellFailure(generation.number, failure), *give_up(fleet, generation, now)]
        case MemoryMeasured(_, used, left):
            return choose_steps(fleet, generation, used, left)
        case ForkRefused(_, reason):
            return _fork_refused(fleet, generation, reason, now)
        case WorkerExited(_, slot, pid, code):
            return _worker_exited(fleet, generation, slot, pid, code, now)


# Leaders.


def _leader_exited(fleet: Fleet, number: int, code: int) -> list[Action]:
    generation = fleet.generations.get(number)
    if generation is None:
        return []
    generation.has_leader = False
    if generation.phase is Phase.LEAVING:
        return []
    fleet.leader_deaths += 1
    actions: list[Action] = [TellLeaderDeath(number, code)]
    for _, slot in generation.in_state(SlotState.FORKING):
        slot.state, slot.is_returning, slot.start_at = SlotState.GONE, False, None
    if generation.phase is Phase.STARTING:
        end(generation)
        actions.append(EndGeneration(number))
    if fleet.leader_deaths >= LEADER_DEATHS:
        fleet.code = ExitCode.FAILURE
        return [*actions, TellVerdict(f"{LEADER_DEATHS} leaders in a row died."), *stop_now(fleet)]
    # Its workers, adopted, serve on until the next generation is ready.
    return actions if fleet.of_phase(Phase.STARTING) else actions + start_generation(fleet)


# Workers.


def _worker_waits(fleet: Fleet, generation: Generation, number: int, pid: int, now: float) -> list[Action]:
    slot = generation.slots[number]
    slot.pid, slot.kill_at = pid, None
    slot.become(SlotState.WAITING, now)
    if generation.phase is Phase.LEAVING:
        return [drain(fleet, generation, number, now)]
    return adjust(fleet, generation, now)


def _worker_ready(fleet: Fleet, generation: Generation, number: int, pid: int, now: float) -> list[Action]:
    slot = generation.slots[number]
    if slot.pid != pid or slot.state is not SlotState.STARTING:
        return []
    slot.become(SlotState.READY, now)
    slot.beat_at = now
    # Late, but there: it is not killed for a start that took too long.
    slot.condemned, slot.kill_at = "", None
    replaced, slot.replaces = slot.replaces, None
    if replaced is not None and generation.slots[replaced].state is SlotState.READY:
        return [drain(fleet, generation, replaced, now, comes_back=True)]
    if generation.phase is Phase.STARTING:
        return go_on_starting(fleet, generation, now)
    return []


def _worker_failed(
    fleet: Fleet, generation: Generation, number: int, failure: dict[str, Any], now: float
) -> list[Action]:
    del number
    tell = TellFailure(generation.number, failure)
    if generation.phase is Phase.STARTING:
        return [tell, *give_up(fleet, generation, now)]
    return [tell] if generation.phase is Phase.SERVING else []


def _worker_exited(fleet: Fleet, generation: Generation, number: int, pid: int, code: int, now: float) -> list[Action]:
    slot = generation.slots[number]
    if slot.pid != pid and slot.state is not SlotState.FORKING:
        return []
    was = note_exit(generation, number, code, now)
    if generation.phase is Phase.LEAVING:
        return []
    if was is SlotState.DRAINING:
        return [action for new in fleet.of_phase(Phase.STARTING) for action in go_on_starting(fleet, new, now)]
    if generation.phase is Phase.STARTING:
        failure = {"title": f"A worker {how_it_ended(code)} while it started.", "traceback": "", "hint": ""}
        return [TellFailure(generation.number, failure), *give_up(fleet, generation, now)]
    actions = note_death(fleet, generation, number, code, now)
    if _is_over_budget(fleet, now):
        return actions + _spend_budget(fleet, now)
    if slot.is_returning:
        return actions
    filled = adjust(fleet, generation, now)
    # When no spares are left, a new generation brings new ones.
    is_short = generation.count(SlotState.STARTING, SlotState.READY) < generation.wanted
    needs_new = not filled and is_short and not fleet.of_phase(Phase.STARTING)
    return actions + (start_generation(fleet) if needs_new else filled)


def _fork_refused(fleet: Fleet, generation: Generation, reason: str, now: float) -> list[Action]:
    """Nobody waits for those who cannot come back: spares, which need no fork, take their places."""
    for _, slot in generation.in_state(SlotState.FORKING):
        slot.is_returning = False
    filled = adjust(fleet, generation, now) if generation.phase is Phase.SERVING else []
    return [TellForkRefused(generation.number, reason), *filled]


def _is_over_budget(fleet: Fleet, now: float) -> bool:
    budget = fleet.limits.crash_budget
    if budget is None:
        return False
    count, seconds = budget
    fleet.deaths.append(now)
    while fleet.deaths[0] < now - seconds:
        fleet.deaths.popleft()
    return len(fleet.deaths) > count


def _spend_budget(fleet: Fleet, now: float) -> list[Action]:
    assert fleet.limits.crash_budget is not None
    count, seconds = fleet.limits.crash_budget
    fleet.code = ExitCode.FAILURE
    verdict = f"More than {count} workers died within {seconds:g} s: the crash budget is spent."
    return [TellVerdict(verdict), *_stop(fleet, now)]


# Signals.


def _signal_arrived(fleet: Fleet, number: signal.Signals, now: float) -> list[Action]:
    match number:
        case signal.SIGHUP:
            return _reload(fleet)
        case signal.SIGUSR1:
            return [ReopenLogs()]
        case signal.SIGTTIN:
            return _scale(fleet, fleet.workers + 1, now)
        case signal.SIGTTOU:
            return _scale(fleet, fleet.workers - 1, now)
        case signal.SIGQUIT:
            return stop_now(fleet)
        case signal.SIGINT:
            fleet.interrupts += 1
            if fleet.interrupts > 1:
                fleet.code = ExitCode.INTERRUPTED
                return stop_now(fleet)
            return _stop(fleet, now)
        case signal.SIGTERM:
            return _stop(fleet, now)
    return []


def _reload(fleet: Fleet) -> list[Action]:
    if fleet.is_leaving:
        return []
    if fleet.of_phase(Phase.STARTING):
        # However many come meanwhile, one more start is enough.
        fleet.reload_again = True
        return []
    return start_generation(fleet)


def _scale(fleet: Fleet, workers: int, now: float) -> list[Action]:
    """Serve with more or fewer workers; beyond the spares there is room only in a new generation."""
    if fleet.is_leaving or workers < 1:
        return []
    fleet.workers = workers
    actions: list[Action] = [TellScaled(workers)]
    for generation in fleet.of_phase(Phase.SERVING):
        generation.wanted = workers
        if len(generation.slots) - generation.count(SlotState.GONE) < workers:
            return actions + _reload(fleet)
        actions += adjust(fleet, generation, now)
    return actions


def _stop(fleet: Fleet, now: float) -> list[Action]:
    if fleet.is_leaving:
        return []
    fleet.is_leaving = True
    fleet.stop_by = now + fleet.limits.drain_delay + fleet.limits.graceful_timeout + STOP_MARGIN
    actions: list[Action] = [CloseListeners()]
    for generation in list(fleet.generations.values()):
        if generation.phase is Phase.STARTING and not generation.count(SlotState.READY):
            end(generation)
            actions.append(EndGeneration(generation.number))
        else:
            actions += retire(fleet, generation, now)
    return actions


# Time.


def _tick(fleet: Fleet, seen: Mapping[tuple[int, int], Observation], now: float) -> list[Action]:
    if fleet.stop_by is not None and fleet.stop_by <= now:
        return stop_now(fleet)
    actions: list[Action] = []
    for generation, number, slot in fleet.all_slots():
        actions += past_deadline(fleet, generation, number, slot, now)
    if now >= fleet.looked_at + fleet.look_interval:
        actions += look_at_workers(fleet, seen, now)
    for generation in fleet.of_phase(Phase.SERVING) + fleet.of_phase(Phase.STARTING):
        actions += adjust(fleet, generation, now)
    return actions
