"""Slices of one server's time, in which something is done and not done in turn; the application counts them."""

import json
import statistics
import urllib.request

from harness.client import HOST
from harness.verdict import CannotMeasureError
from harness.wrk import wrk

_FULL = 0.8
"""Part of a slice's usual requests; in one with fewer the load began or ended."""


def ratios_under_load(base: str, path: str, connections: int, seconds: int) -> tuple[float, list[float]]:
    """Return requests per CPU second without it, and with it as a part of that, of neighbouring slices."""
    read_slices(base)
    if wrk(f"{base}{path}", connections=connections, seconds=seconds).bad:
        raise CannotMeasureError(f"{HOST} did not answer every request.")
    slices = read_slices(base)
    usual = statistics.median(requests for _, requests, _ in slices)
    pairs = [
        (one, other) if one[0] else (other, one)
        for one, other in zip(slices[::2], slices[1::2], strict=False)
        if min(one[1], other[1]) > _FULL * usual
    ]
    without = statistics.median(requests / cpu for _, (_, requests, cpu) in pairs)
    return without, [on[1] / on[2] / (off[1] / off[2]) for on, off in pairs]


def read_slices(base: str) -> list[tuple[bool, int, float]]:
    with urllib.request.urlopen(f"{base}slices", timeout=10) as answer:  # noqa: S310 - our own server.
        return [(bool(on), int(requests), float(cpu)) for on, requests, cpu in json.load(answer)["slices"]]
