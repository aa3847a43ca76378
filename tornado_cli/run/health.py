"""Decisions from a look at the workers: whose loop is blocked, who has served enough."""

from collections.abc import Mapping

from tornado_cli.run.actions import Action, TellRecycling
from tornado_cli.run.events import Observation
from tornado_cli.run.fleet import Fleet, Generation, Phase, Slot, SlotState
from tornado_cli.run.slots import activate, condemn

_MIB = 1024 * 1024


def look_at_workers(fleet: Fleet, seen: Mapping[tuple[int, int], Observation], now: float) -> list[Action]:
    """Judge every worker that is ready by what was seen of it."""
    # A supervisor that was stopped, or a machine that slept, saw nobody beat: that says nothing about the workers.
    was_away = now - fleet.looked_at > fleet.limits.hang_timeout / 2
    fleet.looked_at = now
    actions: list[Action] = []
    for generation, number, slot in fleet.all_slots():
        observation = seen.get((generation.number, number))
        if slot.state is not SlotState.READY or observation is None:
            continue
        if was_away or observation.beat != slot.beat:
            slot.beat, slot.beat_at = observation.beat, now
        actions += _hung(fleet, generation, number, slot, now)
        if generation.phase is Phase.SERVING:
            actions += _recycled(fleet, generation, number, observation, now)
    return actions


def _hung(fleet: Fleet, generation: Generation, number: int, slot: Slot, now: float) -> list[Action]:
    timeout = fleet.limits.hang_timeout
    if not timeout or slot.condemned or now - slot.beat_at < timeout:
        return []
    return [condemn(generation, number, "its loop is blocked", now)]


def _recycled(fleet: Fleet, generation: Generation, number: int, seen: Observation, now: float) -> list[Action]:
    """Start a spare for a worker past its limits; one at a time, and never without a leader to fork the next spare."""
    slot = generation.slots[number]
    why = _why_recycle(fleet, slot, seen, now)
    if not why or slot.condemned or not generation.has_leader:
        return []
    if any(one.replaces is not None for one in generation.slots.values()) or slot.replaces is not None:
        return []
    spares = [spare for spare, one in generation.in_state(SlotState.WAITING) if not one.is_returning]
    if not spares:
        return []
    generation.slots[spares[0]].replaces = number
    return [
        TellRecycling(generation.number, number, spares[0], why),
        activate(fleet, generation, spares[0], now),
    ]


def _why_recycle(fleet: Fleet, slot: Slot, seen: Observation, now: float) -> str:
    limits = fleet.limits
    if limits.max_requests and seen.requests >= limits.max_requests * slot.chance:
        return f"it has answered {seen.requests} requests"
    if limits.max_rss and seen.rss >= limits.max_rss:
        return f"it uses {seen.rss // _MIB} MiB"
    if limits.max_lifetime and now - slot.since >= limits.max_lifetime * slot.chance:
        return f"it has served {now - slot.since:.0f} s"
    return ""
