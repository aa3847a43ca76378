"""When a certificate that has changed is read, told of, or given up: decided here on plain values.

Files are written by others, in their own time: a certificate before its key, a link before what it leads to. So what
has changed is read when it has been left alone for a moment, and what cannot be served is told only when it stays so.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tornado_cli.records import Record
from tornado_cli.system.tls.validity import Period, Validity

Stamp = tuple[object, ...]
"""What the system tells of files without their being read: it differs when anything about them has changed."""
LOOK = 1.0
"""Seconds between two looks at the files."""
SETTLED = 0.9
"""Seconds without a further change after which files are read: from one look to the next."""
PATIENCE = 10.0
"""Seconds without a further change after which it is told that they cannot be served."""
RETRY = 60.0
"""Seconds until they are read again all the same: the reason may have been the machine's."""
DAY = timedelta(days=1)


@dataclass(slots=True)
class Watched:
    """One source: stamps tell what its files look like, None that it has gone from its folder."""

    taken: Stamp | None
    """Of what is served; None for nothing."""
    seen: Stamp | None
    since: float
    """When it was first seen so, by the monotonic clock."""
    try_at: float | None = None
    is_told: bool = False
    """Whether it was told that it cannot be served as it is seen."""


@dataclass(slots=True)
class Watch:
    """Everything that decisions depend on."""

    sources: dict[str, Watched] = field(default_factory=dict)
    warned: dict[str, tuple[Validity, datetime]] = field(default_factory=dict)
    """What was last told of a certificate's validity, and when."""


class Read(Record):
    """Read and judge it; serve it, when it is fit."""

    source: str
    stamp: Stamp


class Drop(Record):
    """Serve it no more: it has gone from its folder."""

    source: str


def looked(watch: Watch, stamps: Mapping[str, Stamp], now: float, *, urgent: bool = False) -> list[Read | Drop]:
    """Note what there is, and say what is to be done; an urgent look is somebody's word that all is written."""
    actions: list[Read | Drop] = []
    for name in {**watch.sources, **stamps}:
        stamp = stamps.get(name)
        one = watch.sources.setdefault(name, Watched(taken=None, seen=None, since=now))
        if stamp != one.seen:
            one.seen, one.since, one.try_at, one.is_told = stamp, now, now + SETTLED, False
        if one.seen == one.taken:
            one.try_at = None
            if one.taken is None:
                del watch.sources[name]
        elif urgent or (one.try_at is not None and one.try_at <= now):
            actions += _due(name, one, now, urgent=urgent)
    return actions


def _due(name: str, one: Watched, now: float, *, urgent: bool) -> list[Read | Drop]:
    if one.seen is not None:
        return [Read(name, one.seen)]
    if urgent or now >= one.since + PATIENCE:
        return [Drop(name)]
    one.try_at = one.since + PATIENCE
    return []


def taken(watch: Watch, name: str, stamp: Stamp | None) -> None:
    """Note that what was seen is served now, or with None that it no longer is."""
    one = watch.sources[name]
    one.taken, one.try_at, one.is_told = stamp, None, False


def refused(watch: Watch, name: str, now: float, *, urgent: bool = False) -> bool:
    """Note that it cannot be served; return whether that is to be told: once for each change, and when asked."""
    one = watch.sources[name]
    if not urgent and now < one.since + PATIENCE:
        one.try_at = one.since + PATIENCE
        return False
    one.try_at = now + RETRY
    is_new = not one.is_told
    one.is_told = True
    return is_new or urgent


def reason_to_keep(old: Period, new: Period, today: datetime) -> str | None:
    """Return why what is served is better than what was written, if it is: it is valid now, and the other is not."""
    return new.warning(today) if old.holds(today) and not new.holds(today) else None


def warnings_due(watch: Watch, periods: Iterable[Period], today: datetime) -> list[str]:
    """Return what is to be told of certificates that end soon, or are not valid: each once a day."""
    due: list[str] = []
    before, watch.warned = watch.warned, {}
    for period in periods:
        warning = period.warning(today)
        if warning is None:
            continue
        last, at = before.get(period.what, (Validity.GOOD, today))
        validity = period.validity(today)
        if validity is not last or not today - DAY < at <= today:
            due.append(warning)
            at = today
        watch.warned[period.what] = (validity, at)
    return due
