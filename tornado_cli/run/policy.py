"""What the supervisor does next: decided here on plain values, carried out in `run.supervisor`."""

import signal
from dataclasses import dataclass
from typing import Any

from tornado_cli.errors import ExitCode
from tornado_cli.run.fleet import Fleet, Generation, Phase, Slot, SlotState

FIRST_DELAY = 0.1
LONGEST_DELAY = 30.0
HEALTHY_AFTER = 60.0
"""Seconds of service after which earlier deaths are forgotten."""
KILL_MARGIN = 0.3
"""Seconds after its grace in which a worker leaves."""
STOP_MARGIN = 1.0
"""Seconds after the graceful timeout by which a final stop is over, whatever hangs."""
LEADER_DEATHS = 3
"""Leaders that may die without a good start between them."""


# Events.


@dataclass(frozen=True, slots=True)
class Started:
    """The supervisor itself is up."""


@dataclass(frozen=True, slots=True)
class WorkerWaits:
    generation: int
    slot: int
    pid: int


@dataclass(frozen=True, slots=True)
class WorkerReady:
    generation: int
    slot: int
    pid: int


@dataclass(frozen=True, slots=True)
class WorkerFailed:
    """The application did not start or broke down, by its own account."""

    generation: int
    slot: int
    failure: dict[str, Any]


@dataclass(frozen=True, slots=True)
class WorkerExited:
    generation: int
    slot: int
    pid: int
    code: int


@dataclass(frozen=True, slots=True)
class LeaderExited:
    generation: int
    code: int


@dataclass(frozen=True, slots=True)
class SignalArrived:
    number: signal.Signals


@dataclass(frozen=True, slots=True)
class Tick:
    pass


Event = Started | WorkerWaits | WorkerReady | WorkerFailed | WorkerExited | LeaderExited | SignalArrived | Tick


# Actions.


@dataclass(frozen=True, slots=True)
class StartGeneration:
    number: int
    slots: int


@dataclass(frozen=True, slots=True)
class ActivateWorker:
    generation: int
    slot: int
    pid: int


@dataclass(frozen=True, slots=True)
class DrainWorker:
    generation: int
    slot: int
    pid: int
    is_final: bool
    """Whether no other worker comes after it."""


@dataclass(frozen=True, slots=True)
class KillWorker:
    generation: int
    slot: int


@dataclass(frozen=True, slots=True)
class EndGeneration:
    """Kill its leader and its workers: nothing of it serves."""

    number: int


@dataclass(frozen=True, slots=True)
class ForgetGeneration:
    number: int


@dataclass(frozen=True, slots=True)
class GenerationIsReady:
    number: int


@dataclass(frozen=True, slots=True)
class CloseListeners:
    """A final stop: from the workers' last close on new clients are refused."""


@dataclass(frozen=True, slots=True)
class ReopenLogs:
    pass


@dataclass(frozen=True, slots=True)
class TellFailure:
    generation: int
    failure: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TellDeath:
    """An unordered end; `delay` is seconds until its slot serves again, None when it will not."""

    generation: int
    slot: int
    pid: int
    code: int
    delay: float | None


@dataclass(frozen=True, slots=True)
class TellKilled:
    """A worker was past its time."""

    generation: int
    slot: int
    why: str


@dataclass(frozen=True, slots=True)
class TellLeaderDeath:
    generation: int
    code: int


@dataclass(frozen=True, slots=True)
class Leave:
    code: ExitCode


Action = (
    StartGeneration
    | ActivateWorker
    | DrainWorker
    | KillWorker
    | EndGeneration
    | ForgetGeneration
    | GenerationIsReady
    | CloseListeners
    | ReopenLogs
    | TellFailure
    | TellDeath
    | TellKilled
    | TellLeaderDeath
    | Leave
)


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
        case Tick():
            return _tick(fleet, now)
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
            return _worker_failed(fleet, generation, failure)
        case WorkerExited(_, slot, pid, code):
            return _worker_exited(fleet, generation, slot, pid, code, now)


def delay_after(deaths: int, fleet: Fleet) -> float:
    """Return the seconds to wait after so many deaths in a row: none after the first, then doubling, with jitter."""
    if deaths <= 1:
        return 0.0
    longest = min(FIRST_DELAY * 2.0 ** min(deaths - 2, 16), LONGEST_DELAY)
    return longest * fleet.chance.uniform(0.5, 1.0)


def _start_generation(fleet: Fleet) -> list[Action]:
    fleet.newest += 1
    slots = fleet.workers + fleet.spares
    fleet.generations[fleet.newest] = Generation(fleet.newest, {number: Slot() for number in range(slots)})
    return [StartGeneration(fleet.newest, slots)]


def _worker_waits(fleet: Fleet, generation: Generation, number: int, pid: int, now: float) -> list[Action]:
    slot = generation.slots[number]
    slot.pid, slot.kill_at = pid, None
    slot.become(SlotState.WAITING, now)
    if generation.phase is Phase.LEAVING:
        return [_drain(fleet, generation, number, now)]
    return _fill(fleet, generation, now)


def _fill(fleet: Fleet, generation: Generation, now: float) -> list[Action]:
    """Activate as many waiting workers as are missing: those first that need not wait longer."""
    missing = fleet.workers - generation.count(SlotState.STARTING, SlotState.READY)
    actions: list[Action] = []
    for number, slot in list(generation.in_state(SlotState.WAITING)):
        if len(actions) >= missing:
            break
        if slot.start_at is not None and slot.start_at > now:
            continue
        slot.start_at = None
        slot.become(SlotState.STARTING, now)
        actions.append(ActivateWorker(generation.number, number, slot.pid))
    return actions


def _worker_ready(fleet: Fleet, generation: Generation, number: int, pid: int, now: float) -> list[Action]:
    slot = generation.slots[number]
    if slot.pid != pid or slot.state is not SlotState.STARTING:
        return []
    slot.become(SlotState.READY, now)
    if generation.phase is not Phase.STARTING or generation.count(SlotState.READY) < fleet.workers:
        return []
    generation.phase = Phase.SERVING
    fleet.leader_deaths = 0
    actions: list[Action] = [GenerationIsReady(generation.number)]
    for older in [one for one in fleet.of_phase(Phase.SERVING) if one.number < generation.number]:
        # Only now: until the new generation serves, the old one must.
        actions += _retire(fleet, older, now)
    if fleet.reload_again:
        fleet.reload_again = False
        actions += _start_generation(fleet)
    return actions


def _retire(fleet: Fleet, generation: Generation, now: float) -> list[Action]:
    generation.phase = Phase.LEAVING
    states = (SlotState.WAITING, SlotState.STARTING, SlotState.READY)
    return [_drain(fleet, generation, number, now) for number, _ in list(generation.in_state(*states))]


def _drain(fleet: Fleet, generation: Generation, number: int, now: float) -> Action:
    slot = generation.slots[number]
    # The worker itself stops at its grace and says what was not finished; past this it is stuck.
    slot.kill_at = now + fleet.drain_delay_now + fleet.graceful_timeout + KILL_MARGIN
    starting = slot.state is SlotState.STARTING
    slot.become(SlotState.DRAINING, now)
    if starting:
        # It serves nobody, and would not read the order before it does.
        return KillWorker(generation.number, number)
    return DrainWorker(generation.number, number, slot.pid, fleet.is_leaving)


def _worker_failed(fleet: Fleet, generation: Generation, failure: dict[str, Any]) -> list[Action]:
    tell = TellFailure(generation.number, failure)
    if generation.phase is Phase.STARTING:
        return [tell, *_give_up(fleet, generation)]
    return [tell] if generation.phase is Phase.SERVING else []


def _give_up(fleet: Fleet, generation: Generation) -> list[Action]:
    """End a generation that cannot start; without an older one that serves there is nothing left to do."""
    _end(generation)
    actions: list[Action] = [EndGeneration(generation.number)]
    if fleet.of_phase(Phase.SERVING):
        fleet.reload_again = False
        return actions
    fleet.code = ExitCode.APP
    return actions + _stop_now(fleet)


def _end(generation: Generation) -> None:
    generation.phase, generation.has_leader = Phase.LEAVING, False
    for slot in generation.slots.values():
        slot.state, slot.kill_at, slot.start_at = SlotState.GONE, None, None


def _worker_exited(fleet: Fleet, generation: Generation, number: int, pid: int, code: int, now: float) -> list[Action]:
    slot = generation.slots[number]
    if slot.pid != pid and slot.state is not SlotState.FORKING:
        return []
    was = slot.state
    was_healthy = was is SlotState.READY and now - slot.since >= HEALTHY_AFTER
    slot.kill_at = None
    # fork_processes restarts what did not leave with 0, as long as there is a leader to do it.
    comes_back = code != 0 and generation.has_leader
    slot.become(SlotState.FORKING if comes_back else SlotState.GONE, now)
    if was is SlotState.DRAINING or generation.phase is Phase.LEAVING:
        return []
    if generation.phase is Phase.STARTING:
        failure = {"title": f"A worker {how_it_ended(code)} while it started.", "traceback": "", "hint": ""}
        return [TellFailure(generation.number, failure), *_give_up(fleet, generation)]
    slot.deaths = 1 if was_healthy else slot.deaths + 1
    delay = delay_after(slot.deaths, fleet)
    slot.start_at = now + delay if comes_back else None
    tell = TellDeath(generation.number, number, pid, code, delay if comes_back else None)
    return [tell, *([] if comes_back else _fill_or_renew(fleet, generation, now))]


def _fill_or_renew(fleet: Fleet, generation: Generation, now: float) -> list[Action]:
    """Fill a lost slot from the spares; when none are left, a new generation brings new ones."""
    filled = _fill(fleet, generation, now)
    if filled or fleet.of_phase(Phase.STARTING):
        return filled
    return _start_generation(fleet)


def how_it_ended(code: int) -> str:
    """Return the words for an exit code, or a negative signal."""
    if code >= 0:
        return f"ended with exit code {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    return f"was killed by {name}"


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
        slot.state = SlotState.GONE
    if generation.phase is Phase.STARTING:
        _end(generation)
        actions.append(EndGeneration(number))
    if fleet.leader_deaths >= LEADER_DEATHS:
        fleet.code = ExitCode.FAILURE
        return actions + _stop_now(fleet)
    # Its workers, adopted, serve on until the next generation is ready.
    return actions if fleet.of_phase(Phase.STARTING) else actions + _start_generation(fleet)


def _signal_arrived(fleet: Fleet, number: signal.Signals, now: float) -> list[Action]:
    match number:
        case signal.SIGHUP:
            return _reload(fleet)
        case signal.SIGUSR1:
            return [ReopenLogs()]
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


def _stop(fleet: Fleet, now: float) -> list[Action]:
    if fleet.is_leaving:
        return []
    fleet.is_leaving = True
    fleet.stop_by = now + fleet.drain_delay + fleet.graceful_timeout + STOP_MARGIN
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


def _tick(fleet: Fleet, now: float) -> list[Action]:
    if fleet.stop_by is not None and fleet.stop_by <= now:
        return _stop_now(fleet)
    actions: list[Action] = []
    for generation in list(fleet.generations.values()):
        for number, slot in generation.slots.items():
            actions += _look_at(fleet, generation, number, slot, now)
        if any(slot.start_at is not None and slot.start_at <= now for slot in generation.slots.values()):
            for slot in generation.slots.values():
                slot.start_at = None if slot.start_at is not None and slot.start_at <= now else slot.start_at
            actions += _fill(fleet, generation, now)
    return actions


def _look_at(fleet: Fleet, generation: Generation, number: int, slot: Slot, now: float) -> list[Action]:
    if slot.kill_at is not None and slot.kill_at <= now:
        slot.kill_at = None
        why = f"it was not done {fleet.graceful_timeout:g} s after it was told to finish"
        return [TellKilled(generation.number, number, why), KillWorker(generation.number, number)]
    is_late = slot.state is SlotState.STARTING and slot.kill_at is None and slot.since + fleet.boot_timeout <= now
    if not is_late:
        return []
    why = f"it was not ready {fleet.boot_timeout:g} s after it was started"
    slot.since = now
    return [TellKilled(generation.number, number, why), KillWorker(generation.number, number)]
