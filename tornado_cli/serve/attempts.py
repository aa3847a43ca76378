"""Attempts to start the application: from which forkserver, beside whom, and once more where that may help."""

from typing import Any

from tornado_cli.serve.actions import Action, DrainProcess, ForkStage, Kill, SetTurn, Start, StartForkserver
from tornado_cli.serve.fleet import SPARES, Fleet, Phase, Role
from tornado_cli.serve.forkservers.preparation import fork, retire_stages
from tornado_cli.serve.forkservers.stages import Stage, note_edits, outdated, stage_for

_KILL_AFTER_GRACE = 0.5
"""Seconds between the end of a grace and the kill."""


def app_turn(attempt: int) -> int:
    """Return the turn of an attempt's application; the turn just before is for a page that says it is coming."""
    return 2 * attempt


def start_interpreter(fleet: Fleet) -> list[Action]:
    """Begin with a fresh one; what there was forks no more."""
    actions = retire_stages(fleet, list(fleet.stages.by_number))
    fleet.stages.failures = 0
    return [*actions, StartForkserver(fleet.stages.add(Stage()))]


def begin(fleet: Fleet, now: float) -> list[Action]:
    """Start for the first time: from where what is foreseen is imported, so that all later processes share it."""
    interpreter = start_interpreter(fleet)
    if not fleet.foreseen or not fleet.is_warm:
        return [*interpreter, *start_afresh(fleet, (), now)]
    fresh = fleet.stages.fresh()
    actions = _new_attempt(fleet, (), now)
    fleet.awaited = fleet.stages.add(Stage(fresh))
    return [*interpreter, *actions, ForkStage(fleet.awaited, fresh, modules=fleet.foreseen)]


def start_what_waits(fleet: Fleet, stage: int) -> list[Action]:
    """Start the application that waited for this forkserver: from there, or from a fresh one where it has failed."""
    if fleet.awaited != stage or fleet.phase is Phase.LEAVING:
        return []
    fleet.awaited = None
    found = fleet.stages.by_number.get(stage)
    # Whatever the application does is right: nothing was imported that would not have been imported before that.
    return start_process(fleet, Role.APP, stage if found is not None and found.is_usable else fleet.stages.fresh())


def start_afresh(fleet: Fleet, files: tuple[str, ...], now: float) -> list[Action]:
    actions = _new_attempt(fleet, files, now)
    # It may take long to end, and the start does not wait for it.
    leaving = _retire(fleet, now)
    return [*actions, *start_application(fleet, stage_for(fleet.stages, fleet.changed)), *leaving]


def _new_attempt(fleet: Fleet, files: tuple[str, ...], now: float) -> list[Action]:
    # What an attempt that did not come to its end was for is also what the next one is for.
    earlier = fleet.changed if fleet.phase is Phase.STARTING else ()
    fleet.changed = tuple(dict.fromkeys((*earlier, *files)))
    fleet.attempt += 1
    fleet.phase = Phase.STARTING
    fleet.started_at = now
    fleet.is_waiting = fleet.has_waited = False
    fleet.awaited = None
    fleet.began_beside_older = bool(_older_apps(fleet))
    note_edits(fleet.stages, files)
    # Whoever is older accepts nothing more: what connects now waits for the new process.
    actions: list[Action] = [SetTurn(app_turn(fleet.attempt) - 1)]
    return [*actions, *retire_stages(fleet, outdated(fleet.stages, files))]


def start_application(fleet: Fleet, stage: int) -> list[Action]:
    learned = fleet.stages.learned
    # From a fresh interpreter whatever it does is right.
    state = None if fleet.stages.by_number[stage].parent is None or learned is None else learned.state
    return start_process(fleet, Role.APP, stage, state=state)


def start_process(
    fleet: Fleet, role: Role, stage: int, page: dict[str, Any] | None = None, state: str | None = None
) -> list[Action]:
    spare = fleet.spare(role)
    is_there = spare is not None and fleet.processes[spare].stage == stage
    forked = [] if is_there else [fork(fleet, role, stage)]
    number = spare if spare is not None and is_there else fleet.numbers
    process = fleet.processes[number]
    process.role, process.attempt = role, fleet.attempt
    turn = app_turn(fleet.attempt)
    # A page that stands in for an application still to come gives way to it; one that replaces it has its turn.
    is_before_app = role is Role.PAGE and fleet.phase is Phase.STARTING
    return [*forked, Start(number, turn - 1 if is_before_app else turn, page, state)]


def _retire(fleet: Fleet, now: float) -> list[Action]:
    return [
        ask_to_leave(fleet, number, now)
        for number, process in fleet.processes.items()
        if process.attempt < fleet.attempt and process.kill_at is None and process.role not in SPARES.values()
    ]


def ask_to_leave(fleet: Fleet, number: int, now: float) -> Action:
    """Drain what serves; what has not come so far has nothing to lose, and would not read the order."""
    process = fleet.processes[number]
    if not process.is_ready:
        return Kill(number)
    process.kill_at = now + fleet.grace + _KILL_AFTER_GRACE
    return DrainProcess(number, fleet.grace, fleet.phase is Phase.LEAVING)


def is_tried_again(fleet: Fleet, number: int, now: float) -> bool:
    """Say whether the start is to be tried once more, as soon as it and older processes have gone.

    One that was there when it began may have held what it needs, though it has gone by now: a port of the
    application's own, a lock.
    """
    if fleet.phase is not Phase.STARTING or fleet.has_waited or not fleet.began_beside_older:
        return False
    fleet.is_waiting = fleet.has_waited = True
    process = fleet.processes[number]
    process.role, process.kill_at = Role.GIVEN_UP, now + _KILL_AFTER_GRACE
    return True


def start_when_alone(fleet: Fleet) -> list[Action]:
    if not fleet.is_waiting or fleet.phase is not Phase.STARTING or _older_apps(fleet):
        return []
    fleet.is_waiting = False
    return start_application(fleet, stage_for(fleet.stages, fleet.changed))


def _older_apps(fleet: Fleet) -> list[int]:
    return [n for n, p in fleet.processes.items() if p.role is Role.APP and p.attempt < fleet.attempt]
