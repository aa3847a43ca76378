"""A Content-Security-Policy that lets our one script work: extended where it has to be, by no more than that takes."""

import re

from tornado_cli.records import Record

_NONCE = re.compile(r"'nonce-([A-Za-z0-9+/_=-]+)'")
_SELF = "'self'"
_FALLBACK = "default-src"
_SCRIPTS = ("script-src-elem", "script-src", _FALLBACK)
_CONNECTIONS = ("connect-src", _FALLBACK)


class Extended(Record):
    """A header's value, and the nonce that the script's tag needs by it; empty for none."""

    header: str
    nonce: str


def extended(header: str, fresh_nonce: str) -> Extended:
    """Return a header that lets a script of the same origin load, and connect back; a page's own nonce does for it.

    Several policies in one header all hold: each is extended.
    """
    own = _NONCE.search(header)
    nonce = own[1] if own is not None else fresh_nonce
    policies = [_extended_policy(policy, f"'nonce-{nonce}'") for policy in header.split(",")]
    text = ", ".join(policies)
    return Extended(text, nonce if f"'nonce-{nonce}'" in text else "")


def _extended_policy(policy: str, nonce: str) -> str:
    directives = [directive.split() for directive in policy.split(";")]
    directives = [directive for directive in directives if directive]
    _allow(directives, _SCRIPTS, nonce)
    _allow(directives, _CONNECTIONS, _SELF)
    return "; ".join(" ".join(directive) for directive in directives)


def _allow(directives: list[list[str]], names: tuple[str, ...], wanted: str) -> None:
    """Add a source to the directive that decides; in place of the fallback, which decides more, to one of its own."""
    decides = next((one for name in names for one in directives if one[0].lower() == name), None)
    if decides is None:
        return
    sources = [source for source in decides[1:] if source.lower() != "'none'"]
    added = _missing(sources, wanted)
    if added is None:
        return
    if decides[0].lower() == _FALLBACK:
        directives.append([names[-2], *sources, added])
    else:
        decides[1:] = [*sources, added]


def _missing(sources: list[str], wanted: str) -> str | None:
    """Return what has to be added; None where the sources let ours in as they are."""
    words = {source.lower() for source in sources}
    # 'strict-dynamic' has hosts and 'self' count for nothing.
    if wanted in sources or (words & {_SELF, "*"} and "'strict-dynamic'" not in words):
        return None
    is_hashed = any(word.startswith(("'nonce-", "'sha")) for word in words)
    if "'unsafe-inline'" in words and not is_hashed and "'strict-dynamic'" not in words:
        # Beside a nonce it would count no more, and the page's own scripts need it.
        return _SELF
    return wanted
