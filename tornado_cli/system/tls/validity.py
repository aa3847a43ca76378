"""When certificates are valid, and what clients will mind about it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from tornado_cli.records import Record

EXPIRES_SOON: Final = timedelta(days=14)


class Validity(Enum):
    """What there is to say of a period."""

    GOOD = auto()
    ENDS_SOON = auto()
    ENDED = auto()
    NOT_YET = auto()


class Period(Record):
    """When a certificate is valid, and what people call it."""

    what: str
    begins: datetime
    ends: datetime

    def holds(self, now: datetime) -> bool:
        return self.begins <= now < self.ends

    def validity(self, now: datetime) -> Validity:
        if now >= self.ends:
            return Validity.ENDED
        if now < self.begins:
            return Validity.NOT_YET
        return Validity.ENDS_SOON if self.ends - now <= EXPIRES_SOON else Validity.GOOD

    def warning(self, now: datetime) -> str | None:
        return validity_warning(self.what, self.begins, self.ends, now)


def warnings_of(periods: Iterable[Period], now: datetime) -> tuple[str, ...]:
    """Say what is wrong with any of them."""
    return tuple(warning for period in periods if (warning := period.warning(now)))


def validity_warning(what: str, not_before: datetime, not_after: datetime, now: datetime) -> str | None:
    """Say what is wrong with a period of validity: Python loads an expired certificate without a word."""
    if now >= not_after:
        return f"{what} EXPIRED on {not_after:%Y-%m-%d %H:%M} UTC: every client will refuse it. Renew it."
    if now < not_before:
        begins = f"{not_before:%Y-%m-%d %H:%M}"
        return f"{what} is NOT YET VALID, only from {begins} UTC on: clients will refuse it. Is the clock right?"
    if not_after - now <= EXPIRES_SOON:
        days = (not_after - now).days
        left = "today" if days == 0 else f"in {days} day{'s' if days > 1 else ''}"
        return f"{what} expires {left} ({not_after:%Y-%m-%d %H:%M} UTC): renew it."
    return None
