"""Where a script belongs in a page, judged by how the page begins."""

import re
from functools import cache

_GAP = rb"(?>\s+|<!--(?>.*?-->)|<\?[^>]*>)*+"
_TAG = rb"""(?:\s(?:[^>"']|"[^"]*"|'[^']*')*+)?+>"""
_PLACES = ("head", "html", "body", "doctype")
"""What the script comes after: the first of these that is there."""
_LONGEST = 16 * 1024
"""Bytes in which a page that comes in pieces has to begin."""


@cache
def _beginning() -> re.Pattern[bytes]:
    # Of a page, up to where a script may stand: in its head, as far to the front as can be. What begins with neither a
    # doctype nor one of these tags is a fragment. No start waits for this to be compiled.
    return re.compile(
        rb"(?:\xef\xbb\xbf)?%(gap)s(?P<doctype><!doctype\b[^>]*>%(gap)s)?(?P<html><html%(tag)s)?"
        rb"(?P<head>%(gap)s<head%(tag)s)?(?P<body>%(gap)s<body%(tag)s)?" % {b"gap": _GAP, b"tag": _TAG},
        re.IGNORECASE | re.DOTALL,
    )


def place_in(page: bytes) -> int | None:
    """Return where the script belongs in a page that begins like this; None while, or because, it is none."""
    beginning = _beginning().match(page)
    if beginning is None:
        return None
    for part in _PLACES:
        end = beginning.end(part)
        if end >= 0:
            return end
    return None


def is_fragment(seen: bytes) -> bool:
    """Say whether something else has begun; a tag that is not whole yet may still be any."""
    beginning = _beginning().match(seen)
    rest = seen[beginning.end() if beginning is not None else 0 :]
    return len(seen) > _LONGEST or (bool(rest) and (b">" in rest or not rest.startswith(b"<")))
