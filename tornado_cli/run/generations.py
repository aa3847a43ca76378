"""Decisions about whole generations: how one starts, by steps or at once, when it serves, how it ends."""

from tornado_cli.errors import ExitCode
from tornado_cli.run.actions import (
    Action,
    CloseListeners,
    EndGeneration,
    GenerationIsReady,
    StartGeneration,
    TellKept,
    TellStepped,
)
from tornado_cli.run.fleet import Fleet, Generation, Phase, Slot, SlotState
from tornado_cli.run.slots import adjust, drain


def start_generation(fleet: Fleet) -> list[Action]:
    """Start the next one; beside one that serves it may go by steps."""
    fleet.newest += 1
    slots = fleet.workers + fleet.limits.spares
    step = (fleet.limits.reload_step or 0) if fleet.of_phase(Phase.SERVING) else 0
    wanted = min(step, fleet.workers) if step else fleet.workers
    fleet.generations[fleet.newest] = Generation(
        fleet.newest, {number: Slot() for number in range(slots)}, wanted, step
    )
    return [StartGeneration(fleet.newest, slots)]


def choose_steps(fleet: Fleet, generation: Generation, used: int, left: int) -> list[Action]:
    """Go by steps when a generation like those that serve does not fit beside them, and nobody has said how to go."""
    has_begun = generation.phase is not Phase.STARTING or generation.count(SlotState.STARTING, SlotState.READY) > 0
    if has_begun or fleet.limits.reload_step is not None or fleet.workers == 1 or used <= left:
        return []
    generation.step = generation.wanted = 1
    return [TellStepped(generation.number, used, left)]


def _older(fleet: Fleet, generation: Generation) -> list[Generation]:
    return [one for one in fleet.of_phase(Phase.SERVING) if one.number < generation.number]


def go_on_starting(fleet: Fleet, generation: Generation, now: float) -> list[Action]:
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
        actions += retire(fleet, older, now)
    if fleet.reload_again:
        fleet.reload_again = False
        actions += start_generation(fleet)
    return actions


def retire(fleet: Fleet, generation: Generation, now: float) -> list[Action]:
    """Have all of it finish and leave."""
    generation.phase = Phase.LEAVING
    states = (SlotState.WAITING, SlotState.STARTING, SlotState.READY)
    return [drain(fleet, generation, number, now) for number, _ in generation.in_state(*states)]


def give_up(fleet: Fleet, generation: Generation, now: float) -> list[Action]:
    """End a generation that cannot start; without an older one that serves there is nothing left to do."""
    if not fleet.of_phase(Phase.SERVING):
        end(generation)
        fleet.code = ExitCode.APP
        return [EndGeneration(generation.number), *stop_now(fleet)]
    actions: list[Action]
    if generation.count(SlotState.READY):
        # By steps: some of it serve already, and finish what they have.
        actions = retire(fleet, generation, now)
    else:
        end(generation)
        actions = [EndGeneration(generation.number)]
    for older in fleet.of_phase(Phase.SERVING):
        actions.append(TellKept(generation.number, older.number))
        older.wanted = fleet.workers
        actions += adjust(fleet, older, now)
    if fleet.reload_again:
        # Asked for meanwhile: perhaps with the fix.
        fleet.reload_again = False
        actions += start_generation(fleet)
    return actions


def end(generation: Generation) -> None:
    """Note that it is over: its processes are about to be killed."""
    generation.phase, generation.has_leader = Phase.LEAVING, False
    for slot in generation.slots.values():
        slot.state, slot.kill_at, slot.start_at, slot.replaces = SlotState.GONE, None, None, None


def stop_now(fleet: Fleet) -> list[Action]:
    """End all of them, whatever they are doing."""
    fleet.is_leaving = True
    fleet.stop_by = None
    actions: list[Action] = [CloseListeners()]
    for generation in fleet.generations.values():
        end(generation)
        actions.append(EndGeneration(generation.number))
    return actions
