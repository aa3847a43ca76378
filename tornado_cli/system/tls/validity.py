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
        """Say what is wrong with it: Python loads an expired certificate without a word."""
        match self.validity(now):
            case Validity.ENDED:
                return f"{self.what} EXPIRED on {_spoken(self.ends)}: every client will refuse it. Renew it."
            case Validity.NOT_YET:
                text = f"{self.what} is NOT YET VALID, only from {_spoken(self.begins)} on"
                return f"{text}: clients will refuse it. Is the clock right?"
            case Validity.ENDS_SOON:
                days = (self.ends - now).days
                left = "today" if days == 0 else f"in {days} day{'s' if days > 1 else ''}"
                return f"{self.what} expires {left} ({_spoken(self.ends)}): renew it."
        return None


def warnings_of(periods: Iterable[Period], now: datetime) -> tuple[str, ...]:
    """Say what is wrong with any of them."""
    return tuple(warning for period in periods if (warning := period.warning(now)))


def _spoken(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
