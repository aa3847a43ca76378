"""Whom the terminal is lent to, and what waits for its return: decided here on plain values."""

from tornado_cli.records import State, anew
from tornado_cli.serve.actions import Action, LendTerminal, TakeTerminalBack, TellPostponed
from tornado_cli.serve.events import Changed, EnvironmentChanged

_LAST_ANSWER = 0.1
"""Seconds for which the terminal is left alone: after one question there is often another."""


class Lending(State):
    """Claims of processes, by number; the first one has the terminal, the others wait for it."""

    claims: list[int] = anew(factory=list)
    since: float = 0.0
    """When the first of these claims came."""
    back_at: float | None = None
    postponed: Changed | EnvironmentChanged | None = None
    """What changed meanwhile: a debugged process is not ended by a save."""


def claimed(lending: Lending, number: int, now: float) -> list[Action]:
    lending.claims.append(number)
    if lending.claims[0] != number:
        return []
    lending.since = now
    lending.back_at = None
    return [LendTerminal(number)]


def released(lending: Lending, number: int, now: float) -> list[Action]:
    if number not in lending.claims:
        return []
    had_it = lending.claims[0] == number
    lending.claims.remove(number)
    if not lending.claims:
        lending.back_at = now + _LAST_ANSWER
    return [LendTerminal(lending.claims[0])] if had_it and lending.claims else []


def postpone(lending: Lending, change: Changed | EnvironmentChanged) -> list[Action]:
    """Note a change until the terminal is released; only the first one is told."""
    earlier = lending.postponed
    kind = EnvironmentChanged if isinstance(earlier, EnvironmentChanged) else type(change)
    files = tuple(dict.fromkeys((*(earlier.files if earlier else ()), *change.files)))
    lending.postponed = kind(files)
    return [TellPostponed(files)] if earlier is None else []


def take_back(lending: Lending, now: float) -> list[Action]:
    """Listen for keys again when nobody has asked once more."""
    if lending.back_at is None or lending.back_at > now:
        return []
    lending.back_at = None
    return [TakeTerminalBack()]
