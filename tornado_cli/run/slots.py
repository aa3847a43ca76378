"""Decisions about single slots: who is activated, who is drained, what follows a death."""

from random import Random

from tornado_cli.run.actions import Action, ActivateWorker, DrainWorker, DumpStacks, KillWorker, TellDeath, TellKilled
from tornado_cli.run.fleet import Fleet, Generation, Phase, Slot, SlotState

FIRST_DELAY = 0.1
LONGEST_DELAY = 30.0
HEALTHY_AFTER = 60.0
"""Seconds of service after which earlier deaths are forgotten."""
KILL_MARGIN = 0.3
"""Seconds after its grace in which a worker leaves."""
DUMP_TIME = 0.5
"""Seconds between the order to dump stacks and the kill."""
_JITTER = 0.1


def delay_after(deaths: int, chance: Random) -> float:
    """Return the seconds to wait after so many deaths in a row: none after the first, then doubling, with jitter."""
    if deaths <= 1:
        return 0.0
    longest = min(FIRST_DELAY * 2.0 ** min(deaths - 2, 16), LONGEST_DELAY)
    return longest * chance.uniform(0.5, 1.0)


def adjust(fleet: Fleet, generation: Generation, now: float) -> list[Action]:
    """Activate the workers that are missing, drain those that are too many."""
    return _fill(fleet, generation, now) + _shed(fleet, generation, now)


def _fill(fleet: Fleet, generation: Generation, now: float) -> list[Action]:
    active = generation.count(SlotState.STARTING, SlotState.READY)
    replacements = sum(1 for slot in generation.slots.values() if slot.replaces is not None)
    waited_for = sum(1 for slot in generation.slots.values() if slot.is_returning and not _is_due(slot, now))
    missing = generation.wanted - (active - replacements) - waited_for
    candidates = [(number, slot) for number, slot in generation.in_state(SlotState.WAITING) if _is_due(slot, now)]
    if generation.phase is Phase.STARTING:
        # Those that fork a moment later are not passed over: numbers begin with 0.
        candidates = [one for one in candidates if one[0] < generation.wanted]
    # Those that died come back to their own places first.
    candidates.sort(key=lambda one: (not one[1].is_returning, one[0]))
    return [activate(fleet, generation, number, now) for number, _ in candidates[: max(0, missing)]]


def _is_due(slot: Slot, now: float) -> bool:
    return slot.state is SlotState.WAITING and (slot.start_at is None or slot.start_at <= now)


def _shed(fleet: Fleet, generation: Generation, now: float) -> list[Action]:
    """Drain the highest slots beyond what is wanted; they wait again afterwards."""
    ready = [
        number for number, slot in generation.in_state(SlotState.READY) if not _is_being_replaced(generation, number)
    ]
    replacements = sum(1 for slot in generation.slots.values() if slot.replaces is not None)
    surplus = len(ready) + replacements - generation.wanted
    return [
        drain(fleet, generation, number, now, comes_back=True)
        for number in sorted(ready, reverse=True)[: max(0, surplus)]
    ]


def _is_being_replaced(generation: Generation, number: int) -> bool:
    return any(slot.replaces == number for slot in generation.slots.values())


def activate(fleet: Fleet, generation: Generation, number: int, now: float) -> Action:
    """Have a waiting worker load the application and serve."""
    slot = generation.slots[number]
    slot.start_at, slot.is_returning, slot.condemned = None, False, ""
    slot.chance = fleet.chance.uniform(1 - _JITTER, 1 + _JITTER)
    slot.become(SlotState.STARTING, now)
    return ActivateWorker(generation.number, number, slot.pid)


def drain(fleet: Fleet, generation: Generation, number: int, now: float, *, comes_back: bool = False) -> Action:
    """Tell a worker to finish; one that is only starting has nothing to finish."""
    slot = generation.slots[number]
    # The worker itself stops at its grace and says what was not finished; past this it is stuck.
    slot.kill_at = now + fleet.drain_delay_now + fleet.limits.graceful_timeout + KILL_MARGIN
    slot.replaces = None
    is_starting = slot.state is SlotState.STARTING
    slot.become(SlotState.DRAINING, now)
    if is_starting:
        # It serves nobody, and would not read the order before it does.
        return KillWorker(generation.number, number)
    comes_back = comes_back and generation.has_leader and not fleet.is_leaving
    return DrainWorker(generation.number, number, slot.pid, fleet.is_leaving, comes_back)


def note_death(fleet: Fleet, generation: Generation, number: int, code: int, now: float) -> list[Action]:
    """Note an unordered end in a generation that serves, and say when its slot starts again."""
    slot = generation.slots[number]
    comes_back = slot.state is SlotState.FORKING
    delay = delay_after(slot.deaths, fleet.chance)
    slot.is_returning = comes_back
    slot.start_at = now + delay if comes_back else None
    return [TellDeath(generation.number, number, slot.pid, code, delay if comes_back else None)]


def note_exit(generation: Generation, number: int, code: int, now: float) -> SlotState:
    """Note that a worker's process is over; return the state it was in."""
    slot = generation.slots[number]
    was = slot.state
    was_healthy = was is SlotState.READY and now - slot.since >= HEALTHY_AFTER
    slot.kill_at, slot.replaces = None, None
    # fork_processes restarts what did not leave with 0, as long as there is a leader to do it.
    comes_back = code != 0 and generation.has_leader
    slot.become(SlotState.FORKING if comes_back else SlotState.GONE, now)
    if was is not SlotState.DRAINING:
        slot.deaths = 1 if was_healthy else slot.deaths + 1
    return was


def condemn(generation: Generation, number: int, why: str, now: float) -> Action:
    """Have a worker that is stuck show where it is; it is killed as soon as it had time to."""
    slot = generation.slots[number]
    slot.condemned = why
    slot.kill_at = now + DUMP_TIME
    return DumpStacks(generation.number, number)


def past_deadline(fleet: Fleet, generation: Generation, number: int, slot: Slot, now: float) -> list[Action]:
    """Condemn a worker that has not left, or not started, in time; kill one that was condemned."""
    if slot.kill_at is not None and slot.kill_at <= now:
        if not slot.condemned:
            why = _late(fleet.limits.graceful_timeout, "done", "it was told to finish")
            return [condemn(generation, number, why, now)]
        slot.kill_at = None
        return [TellKilled(generation.number, number, slot.condemned), KillWorker(generation.number, number)]
    if slot.state is SlotState.STARTING and slot.kill_at is None and slot.since + fleet.limits.boot_timeout <= now:
        slot.since = now
        return [condemn(generation, number, _late(fleet.limits.boot_timeout, "ready", "it was started"), now)]
    return []


def _late(seconds: float, what: str, since: str) -> str:
    return f"it was not {what} {seconds:g} s after {since}"
