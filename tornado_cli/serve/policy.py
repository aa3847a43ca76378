"""What the development server does next: decided here on plain values, carried out in `serve.server`."""

import signal
from typing import Any

from tornado_cli.errors import ExitCode
from tornado_cli.serve.actions import (
    Action,
    CloseListeners,
    DrainProcess,
    Kill,
    Leave,
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
    Changed,
    EnvironmentChanged,
    Event,
    Exited,
    Failed,
    ForkserverDied,
    SignalArrived,
    TerminalClaimed,
    TerminalReleased,
    Tick,
)
from tornado_cli.serve.fleet import SLOW_IMPORT, Fleet, Phase, Process, Role
from tornado_cli.serve.lending import Lending, claimed, postpone, released, take_back
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
    if fleet.phase is Phase.LEAVING and not fleet.processes:
        actions.append(Leave(fleet.code))
    return actions


def _answer(fleet: Fleet, event: Event, now: float) -> list[Action]:
    match event:
        case (Changed() | EnvironmentChanged()) as change if fleet.is_debugged():
            return postpone(fleet.lending, change)
        case Changed(files) if fleet.phase is not Phase.LEAVING:
            return _start_afresh(fleet, files, now)
        case EnvironmentChanged(files) if fleet.phase is not Phase.LEAVING:
            return [StartForkserver(), *_start_afresh(fleet, files, now)]
        case BecameReady(number):
            return _became_ready(fleet, number, now)
        case Failed(number, failure) if number == fleet.newest_app() and fleet.phase is not Phase.LEAVING:
            return _show(fleet, failure)
        case TerminalClaimed(number) if number in fleet.processes:
            return claimed(fleet.lending, number, now)
        case TerminalReleased(number):
            return _terminal_released(fleet, number, now)
        case Exited(number, code):
            return [*_exited(fleet, number, code), *_terminal_released(fleet, number, now)]
        case SignalArrived(signal.SIGINT) if fleet.is_debugged():
            # It has reached the debugger, as everybody in the terminal's foreground.
            return []
        case ForkserverDied():
            return _forkserver_died(fleet, now)
        case SignalArrived(number):
            return _signal_arrived(fleet, number, now)
        case Tick():
            return _tick(fleet, now)
    return []


def _start_afresh(fleet: Fleet, files: tuple[str, ...], now: float) -> list[Action]:
    # What an attempt that did not come to its end was for is also what the next one is for.
    earlier = fleet.changed if fleet.phase is Phase.STARTING else ()
    fleet.changed = tuple(dict.fromkeys((*earlier, *files)))
    fleet.attempt += 1
    fleet.phase = Phase.STARTING
    fleet.started_at = now
    # Whoever is older accepts nothing more: what connects now waits for the new process.
    actions: list[Action] = [SetTurn(app_turn(fleet.attempt) - 1)]
    actions += _retire(fleet, now)
    actions.append(_start(fleet, Role.APP))
    return actions


def _retire(fleet: Fleet, now: float) -> list[Action]:
    return [
        _ask_to_leave(fleet, number, now)
        for number, process in fleet.processes.items()
        if process.attempt < fleet.attempt and process.kill_at is None
    ]


def _ask_to_leave(fleet: Fleet, number: int, now: float) -> Action:
    """Drain what serves; what has not come so far has nothing to lose, and would not read the order."""
    process = fleet.processes[number]
    if not process.is_ready:
        return Kill(number)
    process.kill_at = now + fleet.grace + _KILL_AFTER_GRACE
    return DrainProcess(number, fleet.grace, fleet.phase is Phase.LEAVING)


def _start(fleet: Fleet, role: Role, page: dict[str, Any] | None = None) -> Start:
    fleet.numbers += 1
    fleet.processes[fleet.numbers] = Process(role, fleet.attempt)
    turn = app_turn(fleet.attempt)
    # A page that stands in for an application still to come gives way to it; one that replaces it has its turn.
    is_before_app = role is Role.PAGE and fleet.phase is Phase.STARTING
    return Start(fleet.numbers, turn - 1 if is_before_app else turn, page)


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
    return [*_kill_pages(fleet), _start(fleet, Role.PAGE, {"status": 500, **failure}), TellFailure(failure)]


def _exited(fleet: Fleet, number: int, code: int) -> list[Action]:
    was_newest = number == fleet.newest_app()
    process = fleet.processes.pop(number, None)
    if process is None or fleet.phase is Phase.LEAVING:
        return []
    if was_newest and fleet.phase in {Phase.STARTING, Phase.SERVING}:
        return _show(fleet, {"title": _death(fleet.phase, code), "traceback": "", "hint": ""})
    return []


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


def _forkserver_died(fleet: Fleet, now: float) -> list[Action]:
    # Its processes went with it, or follow at once: they are bound to its life.
    fleet.processes.clear()
    fleet.lending = Lending(back_at=now)
    if fleet.phase is Phase.LEAVING:
        return []
    fleet.forkserver_deaths += 1
    if fleet.forkserver_deaths >= _FORKSERVER_DEATHS:
        fleet.phase, fleet.code = Phase.LEAVING, ExitCode.FAILURE
        title = f"The forkserver died {_FORKSERVER_DEATHS} times in a row."
        failure = {"title": title, "traceback": "", "hint": "Is the machine out of memory, or something killing it?"}
        return [CloseListeners(), TellFailure(failure)]
    return [TellForkserverDied(), StartForkserver(), *_start_afresh(fleet, (), now)]


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
    if is_slow and not fleet.has_page() and fleet.newest_app() is not None:
        page = {"status": 503, "title": "The application is still starting.", "traceback": "", "hint": ""}
        actions += [_start(fleet, Role.PAGE, page), TellSlow(SLOW_IMPORT)]
    return actions
