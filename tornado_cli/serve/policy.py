"""What the development server does next: decided here on plain values, carried out in `serve.server`."""

import signal
from collections.abc import Iterable
from typing import Any

from tornado_cli.errors import ExitCode
from tornado_cli.serve.actions import (
    Action,
    CloseListeners,
    Kill,
    Leave,
    NotePlace,
    OpenBrowser,
    SetTurn,
    TellFailure,
    TellForkserverDied,
    TellReady,
    TellSlow,
)
from tornado_cli.serve.attempts import (
    app_turn,
    ask_to_leave,
    begin,
    is_tried_again,
    start_afresh,
    start_application,
    start_interpreter,
    start_process,
    start_what_waits,
    start_when_alone,
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
from tornado_cli.serve.forkservers.preparation import end_stages, learn, prepare, stage_failed, stage_ready
from tornado_cli.serve.terminal.lending import claimed, postpone, released, take_back
from tornado_cli.system.endings import how_it_ended

_FORKSERVER_DEATHS = 3
"""Deaths of the forkserver without a good start between them, after which trying again will not help."""


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
            return begin(fleet, now)
        case EnvironmentChanged() if fleet.phase is not Phase.LEAVING:
            return [*start_interpreter(fleet), *start_afresh(fleet, event.files, now)]
        case Changed(files) if fleet.phase is not Phase.LEAVING:
            return start_afresh(fleet, files, now)
        case BecameReady(number):
            return _became_ready(fleet, number, now)
        case Learned(number, learned) if number == fleet.newest_app():
            return learn(fleet, fleet.processes[number].stage, learned)
        case WantsColdStart(number) if number == fleet.newest_app() and fleet.phase is Phase.STARTING:
            fleet.processes[number].role = Role.GIVEN_UP
            return [Kill(number), *start_application(fleet, fleet.stages.fresh())]
        case Failed(number, failure) if number == fleet.newest_app() and fleet.phase is not Phase.LEAVING:
            if failure["may_pass"] and is_tried_again(fleet, number, now):
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
            return [*stage_ready(fleet.stages.by_number[stage]), *start_what_waits(fleet, stage)]
        case StageFailed(stage, cold) if stage in fleet.stages.by_number and stage != fleet.stages.fresh():
            stage_failed(fleet, stage, cold)
            return start_what_waits(fleet, stage)
        case StageDied(stage):
            return _stage_died(fleet, stage, now)
        case SignalArrived(number):
            return _signal_arrived(fleet, number, now)
        case Tick():
            return _tick(fleet, now)
    return []


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
        return [*_terminals_released(fleet, lost, now), *start_what_waits(fleet, number)]
    fleet.forkserver_deaths += 1
    if fleet.forkserver_deaths >= _FORKSERVER_DEATHS:
        fleet.phase, fleet.code = Phase.LEAVING, ExitCode.FAILURE
        title = f"The forkserver died {_FORKSERVER_DEATHS} times in a row."
        failure = {"title": title, "traceback": "", "hint": "Is the machine out of memory, or something killing it?"}
        return [*_terminals_released(fleet, lost, now), CloseListeners(), TellFailure(failure)]
    fresh = start_interpreter(fleet) if was_fresh else []
    attempt = fleet.attempt
    given_back = _terminals_released(fleet, lost, now)
    # A change that waited for the terminal has started the application already.
    again = start_afresh(fleet, (), now) if fleet.attempt == attempt else []
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
    return [*_kill_pages(fleet), *start_process(fleet, Role.PAGE, fleet.stages.fresh(), page), TellFailure(failure)]


def _exited(fleet: Fleet, number: int, code: int, now: float) -> list[Action]:
    was_newest = number == fleet.newest_app()
    if was_newest and fleet.phase in {Phase.STARTING, Phase.SERVING}:
        failure = {"title": _death(fleet.phase, code), "traceback": "", "hint": ""}
        is_over = not is_tried_again(fleet, number, now)
        del fleet.processes[number]
        return _show(fleet, failure) if is_over else start_when_alone(fleet)
    fleet.processes.pop(number, None)
    return start_when_alone(fleet)


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
    return [CloseListeners(), *(ask_to_leave(fleet, number, now) for number in fleet.processes)]


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
        actions += [*start_process(fleet, Role.PAGE, fleet.stages.fresh(), page), TellSlow(SLOW_IMPORT)]
    return actions
