"""When changed certificates are read, told of and given up, as a table of what is seen second by second."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from tornado_cli.run.certificates.policy import (
    PATIENCE,
    RETRY,
    Drop,
    Read,
    Stamp,
    Watch,
    Watched,
    looked,
    reason_to_keep,
    refused,
    taken,
    warnings_due,
)
from tornado_cli.system.tls.validity import Period

OLD: Stamp = ("old",)
NEW: Stamp = ("new",)
NEWER: Stamp = ("newer",)
HALF: Stamp = ("half",)
SITE = "site.pem"
TODAY = datetime(2030, 6, 1, 12, tzinfo=UTC)


def watching() -> Watch:
    return Watch({SITE: Watched(taken=OLD, seen=OLD, since=0.0)})


def second_by_second(watch: Watch, stamps: Sequence[Stamp | None], good: Stamp | None = NEW) -> Iterator[str]:
    """Yield what happens at each look: only what is `good` can be served."""
    for now, stamp in enumerate(stamps, 1):
        seen = {} if stamp is None else {SITE: stamp}
        match looked(watch, seen, float(now)):
            case []:
                yield "-"
            case [Read(name, found)] if found == good:
                taken(watch, name, found)
                yield "taken"
            case [Read(name)]:
                yield "told" if refused(watch, name, float(now)) else "refused"
            case [Drop(name)]:
                taken(watch, name, None)
                yield "dropped"


@pytest.mark.parametrize(
    ("stamps", "happens"),
    [
        pytest.param([OLD, OLD], "- -", id="nothing has changed"),
        pytest.param([NEW, NEW, NEW], "- taken -", id="left alone for a moment"),
        pytest.param([HALF, NEW, NEW], "- - taken", id="written in two steps"),
        pytest.param([HALF, HALF, HALF, NEW, NEW], "- refused - - taken", id="a pause between the steps"),
        pytest.param([NEWER, HALF, NEW, OLD, OLD], "- - - - -", id="changed back before it was read"),
        pytest.param([None, None, NEW, NEW], "- - - taken", id="removed, then written"),
        pytest.param([HALF, HALF, OLD, HALF, HALF], "- refused - - refused", id="bad, mended, bad again"),
    ],
)
def test_what_has_changed_is_read_when_it_is_left_alone(stamps: Sequence[Stamp | None], happens: str) -> None:
    assert " ".join(second_by_second(watching(), stamps)) == happens


def test_what_stays_bad_is_told_once_and_tried_again_now_and_then() -> None:
    happened = list(second_by_second(watching(), [HALF] * 200))
    assert happened.index("told") + 1 == 1 + PATIENCE
    assert happened.count("told") == 1
    tries = [now for now, what in enumerate(happened, 1) if what in {"told", "refused"}]
    assert tries == [2, 11, 11 + RETRY, 11 + 2 * RETRY, 11 + 3 * RETRY]


def test_each_further_change_is_told_anew() -> None:
    other: Stamp = ("other",)
    assert list(second_by_second(watching(), [HALF] * 12 + [other] * 12)).count("told") == 2


def test_what_has_gone_from_its_folder_is_served_until_that_is_no_pause_in_writing() -> None:
    happened = list(second_by_second(watching(), [None] * 20))
    assert happened.index("dropped") + 1 == 1 + PATIENCE
    assert happened.count("dropped") == 1


def test_what_is_new_in_the_folder_is_read_and_what_it_was_forgotten_when_it_goes_unread() -> None:
    watch = watching()
    assert looked(watch, {SITE: OLD, "other.crt": NEW}, 1.0) == []
    assert looked(watch, {SITE: OLD, "other.crt": NEW}, 2.0) == [Read("other.crt", NEW)]
    looked(watch, {SITE: OLD}, 3.0)
    assert list(watch.sources) == [SITE]


def test_an_urgent_look_waits_for_nothing_and_tells_again() -> None:
    watch = watching()
    for now in (1.0, 1.1):
        assert looked(watch, {SITE: HALF}, now, urgent=True) == [Read(SITE, HALF)]
        assert refused(watch, SITE, now, urgent=True)
    assert looked(watch, {SITE: NEW}, 1.2, urgent=True) == [Read(SITE, NEW)]


def test_what_has_not_changed_is_not_read_even_when_it_is_urgent() -> None:
    assert looked(watching(), {SITE: OLD}, 1.0, urgent=True) == []


def period(begins: float, ends: float) -> Period:
    """In days from now."""
    return Period("The certificate", TODAY + timedelta(days=begins), TODAY + timedelta(days=ends))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (period(-30, 60), period(-1, 90), None),
        (period(-30, 60), period(-1, 1), None),
        (period(-30, 60), period(-90, -1), "EXPIRED"),
        (period(-30, 60), period(1, 90), "NOT YET VALID"),
        (period(-30, -1), period(-90, -2), None),
        (period(-30, -1), period(1, 90), None),
    ],
)
def test_only_what_is_valid_replaces_what_is_valid(old: Period, new: Period, reason: str | None) -> None:
    found = reason_to_keep(old, new, TODAY)
    assert (reason or "") in (found or "")
    assert (found is None) == (reason is None)


def test_a_certificate_that_ends_soon_is_told_of_once_a_day_and_at_once_when_it_has_ended() -> None:
    watch, ends = Watch(), period(-30, 16.3)
    told = [hour / 24 for hour in range(24 * 19) if warnings_due(watch, [ends], TODAY + timedelta(hours=hour))]
    first = 2 + 8 / 24
    assert told == pytest.approx([*(first + day for day in range(14)), *(16 + 8 / 24 + day for day in range(3))])


def test_a_renewed_certificate_ends_the_warnings() -> None:
    watch = Watch()
    assert warnings_due(watch, [period(-30, 3)], TODAY)
    assert not warnings_due(watch, [period(-1, 90)], TODAY + timedelta(days=2))
    assert not watch.warned


def test_a_clock_that_goes_back_does_not_silence_the_warnings() -> None:
    watch = Watch()
    assert warnings_due(watch, [period(-30, 3)], TODAY)
    assert warnings_due(watch, [period(-30, 3)], TODAY - timedelta(days=1))
