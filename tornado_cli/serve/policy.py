"""What the development server does next: decided here on plain values, carried out in `serve.server`."""

import signal
from collections.abc import Iterable
from typing import Any

from tornado_cli.errors import ExitCode
from tornado_cli.serve.actions import (
    Action,
    CloseListeners,
    DrainProcess,
    ForkStage,
    Kill,
    Leave,
    NotePlace,
    OpenBrowser,
    SetTurn,
    Start,
    StartForkserver,
    TellFailure,
    TellForkserverDied,
    TellReady,
    TellSlow,
)
from tornado_cli.serve.events import (
    BecameReady,
    Begin,
    Changed,
    EnvironmentChanged,
    Event,
    Exited,
    Failed,
    Learned,
    PlaceWanted,
    SignalArrived,
    StageDied,
    StageFailed,
    StageReady,
    TerminalClaimed,
    TerminalReleased,
    Tick,
    WantsColdStart,
)
from tornado_cli.serve.fleet import SLOW_IMPORT, Fleet, Phase, Role
from tornado_cli.serve.forkservers.preparation import (
    end_stages,
    fork,
    learn,
    prepare,
    retire_stages,
    stage_failed,
    stage_ready,
)
from tornado_cli.serve.forkservers.stages import (
    Stage,
    note_edits,
    outdated,
    stage_for,
)
from tornado_cli.serve.terminal.lending import claimed, postpone, released, take_back
from tornado_cli.system.endings import how_it_ended

_KILL_AFTER_GRACE = 0.5
"""Seconds between the end of a grace and the kill."""
_FORKSERVER_DEATHS = 3
"""Deaths of the forkserver without a good start between them, after which trying again will not help."""


def app_turn(attempt: int) -> int:
    """Return the turn of an attempt's application; the turn just before is for a page that says it is coming."""
    return 2 * attempt


def next_actions(fleet: Fleet, event: Event, now: float) -> list[Action]:
    """Note the event in `fleet` and say what to do."""
    actions = _answer(fleet, event, now)
    actions += prepare(fleet, event)
    actions += end_stages(fleet)
    if fleet.phase is Phase.LEAVING and not fleet.processes:
        actions.append(Leave(fleet.code))
    return actions


def _answer(fleet: Fleet, event: Event, now: float) -> list[Action]:
    match event:
        case (Changed() | EnvironmentChanged()) as change if fleet.is_debugged():
            return postpone(fleet.lending, change)
        case Begin():
            return _begin(fleet, now)
        case EnvironmentChanged() if fleet.phase is not Phase.LEAVING:
            return [*_start_interpreter(fleet), *_start_afresh(fleet, event.files, now)]
        case Changed(files) if fleet.phase is not Phase.LEAVING:
            return _start_afresh(fleet, files, now)
        case BecameReady(number):
            return _became_ready(fleet, number, now)
        case Learned(number, learned) if number == fleet.newest_app():
            return learn(fleet, fleet.processes[number].stage, learned)
        case WantsColdStart(number) if number == fleet.newest_app() and fleet.phase is Phase.STARTING:
            fleet.processes[number].role = Role.GIVEN_UP
            return [Kill(number), *_start_application(fleet, fleet.stages.fresh())]
        case Failed(number, failure) if number == fleet.newest_app() and fleet.phase is not Phase.LEAVING:
            if failure["may_pass"] and _is_tried_again(fleet, number, now):
                return []
            return _show(fleet, failure)
        case PlaceWanted() if fleet.phase is Phase.STARTING:
            return [NotePlace(app) for app in [fleet.newest_app()] if app is not None]
        case TerminalClaimed(number) if number in fleet.processes:
            return claimed(fleet.lending, number, now)
        case TerminalReleased(number):
            return _terminal_released(fleet, number, now)
        case Exited(number, code):
            return [*_exited(fleet, number, code, now), *_terminal_released(fleet, number, now)]
        case SignalArrived(signal.SIGINT) if fleet.is_debugged():
            # It has reached the debugger, as everybody in the terminal's foreground.
            return []
        case StageReady(stage) if stage in fleet.stages.by_number:
            return [*stage_ready(fleet.stages.by_number[stage]), *_start_what_waits(fleet, stage)]
        case StageFailed(stage, cold) if stage in fleet.stages.by_number and stage != fleet.stages.fresh():
            stage_failed(fleet, stage, cold)
            return _start_what_waits(fleet, stage)
        case StageDied(stage):
            return _stage_died(fleet, stage, now)
        case SignalArrived(number):
            return _signal_arrived(fleet, number, now)
        case Tick():
            return _tick(fleet, now)
    return []


# Starting.


def _start_interpreter(fleet: Fleet) -> list[Action]:
    """Begin with a fresh one; what there was forks no more."""
    actions = retire_stages(fleet, list(fleet.stages.by_number))
    fleet.stages.failures = 0
    return [*actions, StartForkserver(fleet.stages.add(Stage()))]


def _begin(fleet: Fleet, now: float) -> list[Action]:
    """Start for the first time: from where what is foreseen is imported, so that all later processes share it."""
    interpreter = _start_interpreter(fleet)
    if not fleet.foreseen or not fleet.is_warm:
        return [*interpreter, *_start_afresh(fleet, (), now)]
    fresh = fleet.stages.fresh()
    actions = _new_attempt(fleet, (), now)
    fleet.awaited = fleet.stages.add(Stage(fresh))
    return [*interpreter, *actions, ForkStage(fleet.awaited, fresh, modules=fleet.foreseen)]


def _start_what_waits(fleet: Fleet, stage: int) -> list[Action]:
    """Start the application that waited for this forkserver: from there, or from a fresh one where it has failed."""
    if fleet.awaited != stage or fleet.phase is Phase.LEAVING:
        return []
    fleet.awaited = None
    found = fleet.stages.by_number.get(stage)
    # Whatever the application does is right: nothing was imported that would not have been imported before that.
    return _start(fleet, Role.APP, stage if found is not None and found.is_usable else fleet.stages.fresh())


def _start_afresh(fleet: Fleet, files: tuple[str, ...], now: float) -> list[Action]:
    actions = _new_attempt(fleet, files, now)
    # It may take long to end, and the start does not wait for it.
    leaving = _retire(fleet, now)
    return [*actions, *_start_application(fleet, stage_for(fleet.stages, fleet.changed)), *leaving]


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


def _start_application(fleet: Fleet, stage: int) -> list[Action]:
    learned = fleet.stages.learned
    # From a fresh interpreter whatever it does is right.
    state = None if fleet.stages.by_number[stage].parent is None or learned is None else learned.state
    return _start(fleet, Role.APP, stage, state=state)


def _start(
    fleet: Fleet, role: Role, stage: int, page: dict[str, Any] | None = None, state: str | None = None
) -> list[Action]:
    spare = fleet.spare()
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
        _ask_to_leave(fleet, number, now)
        for number, process in fleet.processes.items()
        if process.attempt < fleet.attempt and process.kill_at is None and process.role is not Role.SPARE
    ]


def _ask_to_leave(fleet: Fleet, number: int, now: float) -> Action:
    """Drain what serves; what has not come so far has nothing to lose, and would not read the order."""
    process = fleet.processes[number]
    if not process.is_ready:
        return Kill(number)
    process.kill_at = now + fleet.grace + _KILL_AFTER_GRACE
    return DrainProcess(number, fleet.grace, fleet.phase is Phase.LEAVING)


# Forkservers.


def _stage_died(fleet: Fleet, number: int, now: float) -> list[Action]:
    stages = fleet.stages
    if number not in stages.by_number:
        return []
    gone = [number, *stages.descendants(number)]
    was_fresh = not stages.by_number[number].is_retired and stages.by_number[number].parent is None
    app = fleet.newest_app()
    had_app = app is not None and fleet.processes[app].stage in gone
    # Its processes went with it, or follow at once: they are bound to its life.
    lost = [n for n, p in fleet.processes.items() if p.stage in gone]
    for one in lost:
        del fleet.processes[one]
    for one in gone:
        del stages.by_number[one]
    stages.failures += 1
    if fleet.phase is Phase.LEAVING or not (was_fresh or had_app):
        return [*_terminals_released(fleet, lost, now), *_start_what_waits(fleet, number)]
    fleet.forkserver_deaths += 1
    if fleet.forkserver_deaths >= _FORKSERVER_DEATHS:
        fleet.phase, fleet.code = Phase.LEAVING, ExitCode.FAILURE
        title = f"The forkserver died {_FORKSERVER_DEATHS} times in a row."
        failure = {"title": title, "traceback": "", "hint": "Is the machine out of memory, or something killing it?"}
        return [*_terminals_released(fleet, lost, now), CloseListeners(), TellFailure(failure)]
    fresh = _start_interpreter(fleet) if was_fresh else []
    attempt = fleet.attempt
    given_back = _terminals_released(fleet, lost, now)
    # A change that waited for the terminal has started the application already.
    again = _start_afresh(fleet, (), now) if fleet.attempt == attempt else []
    return [TellForkserverDied(), *fresh, *given_back, *again]


# Processes.


def _became_ready(fleet: Fleet, number: int, now: float) -> list[Action]:
    if number in fleet.processes:
        fleet.processes[number].is_ready = True
    if number != fleet.newest_app() or fleet.phase is not Phase.STARTING:
        return []
    fleet.phase = Phase.SERVING
    fleet.forkserver_deaths = 0
    actions: list[Action] = [SetTurn(app_turn(fleet.attempt))]
    actions += _kill_pages(fleet)
    actions.append(TellReady(fleet.attempt, fleet.changed, now - fleet.started_at))
    if fleet.opens_browser:
        fleet.opens_browser = False
        actions.append(OpenBrowser())
    return actions


def _kill_pages(fleet: Fleet) -> list[Action]:
    return [Kill(number) for number, process in fleet.processes.items() if process.role is Role.PAGE]


def _show(fleet: Fleet, failure: dict[str, Any]) -> list[Action]:
    fleet.phase = Phase.BROKEN
    page = {"status": 500, **failure}
    return [*_kill_pages(fleet), *_start(fleet, Role.PAGE, fleet.stages.fresh(), page), TellFailure(failure)]


def _exited(fleet: Fleet, number: int, code: int, now: float) -> list[Action]:
    was_newest = number == fleet.newest_app()
    if was_newest and fleet.phase in {Phase.STARTING, Phase.SERVING}:
        failure = {"title": _death(fleet.phase, code), "traceback": "", "hint": ""}
        is_over = not _is_tried_again(fleet, number, now)
        del fleet.processes[number]
        return _show(fleet, failure) if is_over else _start_when_alone(fleet)
    fleet.processes.pop(number, None)
    return _start_when_alone(fleet)


def _is_tried_again(fleet: Fleet, number: int, now: float) -> bool:
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


def _start_when_alone(fleet: Fleet) -> list[Action]:
    if not fleet.is_waiting or fleet.phase is not Phase.STARTING or _older_apps(fleet):
        return []
    fleet.is_waiting = False
    return _start_application(fleet, stage_for(fleet.stages, fleet.changed))


def _older_apps(fleet: Fleet) -> list[int]:
    return [n for n, p in fleet.processes.items() if p.role is Role.APP and p.attempt < fleet.attempt]


def _terminals_released(fleet: Fleet, numbers: Iterable[int], now: float) -> list[Action]:
    return [action for number in numbers for action in _terminal_released(fleet, number, now)]


def _terminal_released(fleet: Fleet, number: int, now: float) -> list[Action]:
    lending = fleet.lending
    was_debugged = fleet.is_debugged()
    actions = released(lending, number, now)
    if was_debugged and not fleet.is_debugged():
        _put_off_deadlines(fleet, now - lending.since)
        change, lending.postponed = lending.postponed, None
        actions += _answer(fleet, change, now) if change is not None else []
    return actions


def _put_off_deadlines(fleet: Fleet, seconds: float) -> None:
    """Leave out the time that somebody took at the terminal."""
    fleet.started_at += seconds
    for process in fleet.processes.values():
        if process.kill_at is not None:
            process.kill_at += seconds


def _death(phase: Phase, code: int) -> str:
    return f"The application {how_it_ended(code)} while it {'started' if phase is Phase.STARTING else 'served'}."


def _signal_arrived(fleet: Fleet, number: signal.Signals, now: float) -> list[Action]:
    if number == signal.SIGINT:
        fleet.interrupts += 1
    if number == signal.SIGQUIT or fleet.interrupts > 1:
        fleet.code = ExitCode.INTERRUPTED if fleet.interrupts > 1 else ExitCode.OK
        fleet.phase = Phase.LEAVING
        return [CloseListeners(), *(Kill(number) for number in fleet.processes)]
    if fleet.phase is Phase.LEAVING:
        return []
    fleet.phase = Phase.LEAVING
    return [CloseListeners(), *(_ask_to_leave(fleet, number, now) for number in fleet.processes)]


def _tick(fleet: Fleet, now: float) -> list[Action]:
    if fleet.is_debugged():
        return []
    actions = take_back(fleet.lending, now)
    for number, process in fleet.processes.items():
        if process.kill_at is not None and process.kill_at <= now:
            process.kill_at = None
            actions.append(Kill(number))
    is_slow = fleet.phase is Phase.STARTING and now >= fleet.started_at + SLOW_IMPORT
    if is_slow and not fleet.has_page() and fleet.is_coming():
        page = {"status": 503, "title": "The application is still starting.", "traceback": "", "hint": ""}
        actions += [*_start(fleet, Role.PAGE, fleet.stages.fresh(), page), TellSlow(SLOW_IMPORT)]
    return actions
