"""Which call has held the loop for too long, decided from replayed looks."""

from tornado_cli.app.blocked.stretch import STILL, Blocked, Look, Stretches
from tornado_cli.app.repeats import AT_ONCE, WINDOW, Repeats

CALL, OTHER = object(), object()
Seen = Look[str, str]


def idle(now: float, ended_at: float = 0.0) -> Seen:
    return Look(now=now, turn=None, ended_at=ended_at)


def at(now: float, turn: float, site: str = "main.py:3", call: object = CALL) -> Seen:
    return Look(now=now, turn=turn, call=call, site=site)


def told_by(*looks: Seen, threshold: float = 0.1) -> list[Blocked[str, str]]:
    stretches: Stretches[str, str] = Stretches(threshold)
    reports = [stretches.after(look) for look in looks]
    return [report for report in reports if report is not None]


def only(reports: list[Blocked[str, str]]) -> Blocked[str, str]:
    [report] = reports
    return report.but(seconds=round(report.seconds, 3))


def test_one_call_that_holds_the_loop_is_told_when_its_turn_has_ended() -> None:
    told = told_by(at(1.03, 1.0), at(1.06, 1.0), at(1.12, 1.0), idle(1.25, ended_at=1.2))
    assert only(told) == Blocked(0.2, "main.py:3", None, is_over=True)


def test_what_ends_before_the_threshold_is_not_told() -> None:
    assert not told_by(at(1.03, 1.0), at(1.06, 1.0), idle(1.25, ended_at=1.09))


def test_a_turn_of_many_short_calls_is_nobodys_fault() -> None:
    looks = [at(1.0 + number * 0.03, 1.0, call=object()) for number in range(1, 20)]
    assert not told_by(*looks, idle(2.0, ended_at=1.6))


def test_many_short_turns_are_nobodys_fault() -> None:
    assert not told_by(*[at(number + 0.03, number, call=CALL) for number in range(1, 20)], idle(21.0, ended_at=19.05))


def test_the_line_that_is_seen_most_is_named() -> None:
    looks = [at(1.03, 1.0, "import"), at(1.06, 1.0, "query"), at(1.09, 1.0, "query"), at(1.12, 1.0, "close")]
    assert only(told_by(*looks, idle(1.2, ended_at=1.15))).site == "query"


def test_a_later_call_of_the_same_turn_is_charged_from_when_it_was_seen() -> None:
    looks = [at(1.03, 1.0, "first"), at(1.06, 1.0, "second", OTHER), at(1.15, 1.0, "second", OTHER)]
    assert only(told_by(*looks, idle(1.3, ended_at=1.26))) == Blocked(0.2, "second", None, is_over=True)


def test_a_call_that_gives_way_to_another_in_its_turn_is_told() -> None:
    looks = [at(1.03, 1.0, "first"), at(1.12, 1.0, "first"), at(1.15, 1.0, "second", OTHER)]
    assert only(told_by(*looks, idle(1.2, ended_at=1.16))) == Blocked(0.15, "first", None, is_over=True)


def test_what_never_seems_to_end_is_told_once_while_it_lasts_and_once_at_its_end() -> None:
    looks = [at(1.0 + number, 1.0) for number in range(1, 9)]
    first, last = told_by(*looks, idle(10.0, ended_at=9.5))
    assert (first.seconds, first.is_over) == (STILL, False)
    assert (last.seconds, last.is_over) == (8.5, True)


def test_the_request_is_remembered_though_it_is_seen_but_once() -> None:
    looks = [at(1.03, 1.0), at(1.06, 1.0).but(request="GET /"), at(1.12, 1.0)]
    assert only(told_by(*looks, idle(1.2, ended_at=1.15))).request == "GET /"


def test_code_that_keeps_the_interpreter_to_itself_is_told_though_it_is_seen_but_once() -> None:
    late = at(2.2, 1.0).but(late=1.1, cpu=1.1)
    assert only(told_by(late, idle(2.3, ended_at=2.2))) == Blocked(1.2, "main.py:3", None, is_over=True)


def test_a_process_that_was_stopped_is_not_a_loop_that_was_blocked() -> None:
    stopped = at(9.0, 1.0).but(late=7.9, cpu=0.001)
    assert not told_by(at(1.03, 1.0), stopped, idle(9.1, ended_at=9.01))
    woken = idle(9.0, ended_at=8.99).but(late=7.9, cpu=0.001)
    assert not told_by(at(1.03, 1.0), woken)


def test_what_is_slow_for_want_of_a_cpu_is_not_told() -> None:
    starved = at(1.4, 1.0).but(late=0.3, cpu=0.01, starved=0.35)
    assert not told_by(at(1.03, 1.0), starved, idle(1.45, ended_at=1.42))
    assert not told_by(at(1.03, 1.0), idle(1.4, ended_at=1.35).but(starved=0.3))
    both = [at(1.03, 1.0), at(1.4, 1.0).but(starved=0.2), idle(1.45, ended_at=1.42)]
    assert only(told_by(*both)).seconds == 0.42


def test_what_was_seen_before_a_pause_is_forgotten() -> None:
    stretches: Stretches[str, str] = Stretches(0.1)
    assert stretches.after(at(1.03, 1.0)) is None
    stretches.forget(1.0)
    assert stretches.after(idle(9.0, ended_at=8.9)) is None
    assert stretches.began is None


def test_a_pause_in_a_later_turn_excuses_nothing() -> None:
    stretches: Stretches[str, str] = Stretches(0.1)
    assert stretches.after(at(1.03, 1.0)) is None
    stretches.forget(1.5)
    assert stretches.after(Look(now=1.6, turn=1.5, ended_at=1.5)) == Blocked(0.5, "main.py:3", None, is_over=True)


def test_a_place_is_told_of_a_few_times_and_then_counted() -> None:
    repeats = Repeats()
    assert [repeats.admits("here", 0.0) for _ in range(AT_ONCE + 2)] == [0] * AT_ONCE + [None, None]
    assert repeats.admits("there", 0.0) == 0
    assert repeats.admits("here", WINDOW) == 2
    assert repeats.admits("here", WINDOW) == 0


def test_however_many_places_there_are_they_take_a_bounded_room() -> None:
    repeats = Repeats()
    for place in range(5000):
        assert repeats.admits(place, 0.0) == 0
    assert len(repeats._places) <= 1000
