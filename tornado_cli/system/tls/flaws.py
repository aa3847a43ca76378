"""What is wrong with a chain though it can be served, besides when it is valid: who tells of it has own words."""

from collections.abc import Iterator, Sequence
from enum import Enum, auto


class Flaw(Enum):
    """What clients mind."""

    NO_NAMES = auto()
    WRONG_ORDER = auto()
    NO_INTERMEDIATE = auto()


def flaws_of(
    names: Sequence[str], length: int, *, has_public_issuer: bool, is_in_order: bool, is_self_signed: bool
) -> Iterator[Flaw]:
    """Judge a chain of this length, whose own certificate, the first, is for these names."""
    if not names:
        yield Flaw.NO_NAMES
    if not is_in_order:
        yield Flaw.WRONG_ORDER
    if length == 1 and has_public_issuer and not is_self_signed:
        yield Flaw.NO_INTERMEDIATE
