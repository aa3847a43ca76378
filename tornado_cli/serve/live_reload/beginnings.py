"""Where a script belongs in a page, judged by how the page begins."""

import re
from functools import cache, lru_cache

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
    # Pages of one application mostly begin with the same bytes.
    first = page[: page.find(b">", page.find(b"<head", 0, _LONGEST), _LONGEST) + 1]
    if _is_head(first):
        return len(first)
    beginning = _beginning().match(page)
    if beginning is None:
        return None
    return next((beginning.end(part) for part in _PLACES if beginning[part] is not None), None)


@lru_cache(maxsize=32)
def _is_head(first: bytes) -> bool:
    beginning = _beginning().match(first)
    return beginning is not None and beginning.end("head") == len(first)


def is_fragment(seen: bytes) -> bool:
    """Say whether something else has begun; a tag that is not whole yet may still be any."""
    beginning = _beginning().match(seen)
    rest = seen[beginning.end() if beginning is not None else 0 :]
    return len(seen) > _LONGEST or (bool(rest) and (b">" in rest or not rest.startswith(b"<")))
