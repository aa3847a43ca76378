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
    GenerationIsReady,
    Leave,
    ReopenLogs,
    StartGeneration,
    TellFailure,
    TellForkRefused,
    TellKept,
    TellLeaderDeath,
    TellScaled,
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
from tornado_cli.run.fleet import Fleet, Generation, Phase, Slot, SlotState
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
            return _start_generation(fleet)
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
            return [TellFailure(generation.number, failure), *_give_up(fleet, generation, now)]
        case MemoryMeasured(_, used, left):
            return _memory_measured(fleet, generation, used, left)
        case ForkRefused(_, reason):
            return _fork_refused(fleet, generation, reason, now)
        case WorkerExited(_, slot, pid, code):
            return _worker_exited(fleet, generation, slot, pid, code, now)


# Generations.


def _start_generation(fleet: Fleet) -> list[Action]:
    fleet.newest += 1
    slots = fleet.workers + fleet.limits.spares
    step = (fleet.limits.reload_step or 0) if fleet.of_phase(Phase.SERVING) else 0
    wanted = min(step, fleet.workers) if step else fleet.workers
    fleet.generations[fleet.newest] = Generation(
        fleet.newest, {number: Slot() for number in range(slots)}, wanted, step
    )
    return [StartGeneration(fleet.newest, slots)]


def _memory_measured(fleet: Fleet, generation: Generation, used: int, left: int) -> list[Action]:
    """Go by steps when a generation like those that serve does not fit beside them, and nobody has said how to go."""
    has_begun = generation.phase is not Phase.STARTING or generation.count(SlotState.STARTING, SlotState.READY) > 0
    if has_begun or fleet.limits.reload_step is not None or fleet.workers == 1 or used <= left:
        return []
    generation.step = generation.wanted = 1
    return [TellStepped(generation.number, used, left)]


def _older(fleet: Fleet, generation: Generation) -> list[Generation]:
    return [one for one in fleet.of_phase(Phase.SERVING) if one.number < generation.number]


def _go_on_starting(fleet: Fleet, generation: Generation, now: float) -> list[Action]:
    """Take the next step of a start: more of the new, fewer of the old, or all is done."""
    ready = generation.count(SlotState.READY)
    if ready < generation.wanted:
        return []
    if ready >= fleet.workers:
        return _serve(fleet, generation, now)
    actions: list[Action] = []
    for older in _older(fleet, generation):
        older.wanted = max(0, fleet.workers - ready)
        actions += adjust(fleet, older, now)
    if generation.step and any(older.count(SlotState.DRAINING) for older in _older(fleet, generation)):
        # Steps are for machines that cannot hold more: those who leave go first.
        return actions
    generation.wanted = min(fleet.workers, generation.wanted + max(generation.step, 1))
    return actions + adjust(fleet, generation, now)


def _serve(fleet: Fleet, generation: Generation, now: float) -> list[Action]:
    generation.phase = Phase.SERVING
    # It may have been scaled while it started.
    generation.wanted = fleet.workers
    fleet.leader_deaths = 0
    actions: list[Action] = [GenerationIsReady(generation.number)]
    for older in _older(fleet, generation):
        # Only now: until the new generation serves, the old one must.
        actions += _retire(fleet, older, now)
    if fleet.reload_again:
        fleet.reload_again = False
        actions += _start_generation(fleet)
    return actions


def _retire(fleet: Fleet, generation: Generation, now: float) -> list[Action]:
    generation.phase = Phase.LEAVING
    states = (SlotState.WAITING, SlotState.STARTING, SlotState.READY)
    return [drain(fleet, generation, number, now) for number, _ in generation.in_state(*states)]


def _give_up(fleet: Fleet, generation: Generation, now: float) -> list[Action]:
    """End a generation that cannot start; without an older one that serves there is nothing left to do."""
    if not fleet.of_phase(Phase.SERVING):
        _end(generation)
        fleet.code = ExitCode.APP
        return [EndGeneration(generation.number), *_stop_now(fleet)]
    actions: list[Action]
    if generation.count(SlotState.READY):
        # By steps: some of it serve already, and finish what they have.
        actions = _retire(fleet, generation, now)
    else:
        _end(generation)
        actions = [EndGeneration(generation.number)]
    for older in fleet.of_phase(Phase.SERVING):
        actions.append(TellKept(generation.number, older.number))
        older.wanted = fleet.workers
        actions += adjust(fleet, older, now)
    if fleet.reload_again:
        # Asked for meanwhile: perhaps with the fix.
        fleet.reload_again = False
        actions += _start_generation(fleet)
    return actions


def _end(generation: Generation) -> None:
    generation.phase, generation.has_leader = Phase.LEAVING, False
    for slot in generation.slots.values():
        slot.state, slot.kill_at, slot.start_at, slot.replaces = SlotState.GONE, None, None, None


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
        _end(generation)
        actions.append(EndGeneration(number))
    if fleet.leader_deaths >= LEADER_DEATHS:
        fleet.code = ExitCode.FAILURE
        return [*actions, TellVerdict(f"{LEADER_DEATHS} leaders in a row died."), *_stop_now(fleet)]
    # Its workers, adopted, serve on until the next generation is ready.
    return actions if fleet.of_phase(Phase.STARTING) else actions + _start_generation(fleet)


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
        return _go_on_starting(fleet, generation, now)
    return []


def _worker_failed(
    fleet: Fleet, generation: Generation, number: int, failure: dict[str, Any], now: float
) -> list[Action]:
    del number
    tell = TellFailure(generation.number, failure)
    if generation.phase is Phase.STARTING:
        return [tell, *_give_up(fleet, generation, now)]
    return [tell] if generation.phase is Phase.SERVING else []


def _worker_exited(fleet: Fleet, generation: Generation, number: int, pid: int, code: int, now: float) -> list[Action]:
    slot = generation.slots[number]
    if slot.pid != pid and slot.state is not SlotState.FORKING:
        return []
    was = note_exit(generation, number, code, now)
    if generation.phase is Phase.LEAVING:
        return []
    if was is SlotState.DRAINING:
        return [action for new in fleet.of_phase(Phase.STARTING) for action in _go_on_starting(fleet, new, now)]
    if generation.phase is Phase.STARTING:
        failure = {"title": f"A worker {how_it_ended(code)} while it started.", "traceback": "", "hint": ""}
        return [TellFailure(generation.number, failure), *_give_up(fleet, generation, now)]
    actions = note_death(fleet, generation, number, code, now)
    if _is_over_budget(fleet, now):
        return actions + _spend_budget(fleet, now)
    if slot.is_returning:
        return actions
    filled = adjust(fleet, generation, now)
    # When no spares are left, a new generation brings new ones.
    is_short = generation.count(SlotState.STARTING, SlotState.READY) < generation.wanted
    needs_new = not filled and is_short and not fleet.of_phase(Phase.STARTING)
    return actions + (_start_generation(fleet) if needs_new else filled)


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
            return _stop_now(fleet)
        case signal.SIGINT:
            fleet.interrupts += 1
            if fleet.interrupts > 1:
                fleet.code = ExitCode.INTERRUPTED
                return _stop_now(fleet)
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
    return _start_generation(fleet)


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
            _end(generation)
            actions.append(EndGeneration(generation.number))
        else:
            actions += _retire(fleet, generation, now)
    return actions


def _stop_now(fleet: Fleet) -> list[Action]:
    fleet.is_leaving = True
    fleet.stop_by = None
    actions: list[Action] = [CloseListeners()]
    for generation in fleet.generations.values():
        _end(generation)
        actions.append(EndGeneration(generation.number))
    return actions


# Time.


def _tick(fleet: Fleet, seen: Mapping[tuple[int, int], Observation], now: float) -> list[Action]:
    if fleet.stop_by is not None and fleet.stop_by <= now:
        return _stop_now(fleet)
    actions: list[Action] = []
    for generation, number, slot in fleet.all_slots():
        actions += past_deadline(fleet, generation, number, slot, now)
    if now >= fleet.looked_at + fleet.look_interval:
        actions += look_at_workers(fleet, seen, now)
    for generation in fleet.of_phase(Phase.SERVING) + fleet.of_phase(Phase.STARTING):
        actions += adjust(fleet, generation, now)
    return actions
