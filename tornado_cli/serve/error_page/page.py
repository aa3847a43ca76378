"""A failure as a page of HTML: the failing line first, then where it came from. Every word of it is text."""

import html
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path

from tornado_cli.records import Record
from tornado_cli.serve.error_page.details import Details

_STYLE = Path(__file__).with_suffix(".css").read_text()
_CHAINED = {
    "cause": "It was caused by",
    "context": "It happened while this was dealt with",
    "member": "One of the group",
}
Link = Callable[[str, int], str]
"""The URL that opens a file at a line in the user's editor; empty where there is none."""


class Shown(Record, kw_only=True):
    """What the page says; without details it says no more than that something is wrong."""

    what: str
    """What has failed: `GET /orders`, `The application does not start`."""
    title: str
    hint: str = ""
    details: Details | None = None
    request: Sequence[tuple[str, str]] = ()
    next: str = ""
    """What happens to the page."""
    is_coming: bool = False
    """Whether it is no failure, but takes its time."""
    head: str = ""
    """Markup of ours."""


def render(shown: Shown, nonce: str, link: Link) -> str:
    """Return the page; its style needs the nonce, and nothing in it runs."""
    title = html.escape(shown.title)
    body = [_heading(shown, link)]
    if shown.details is not None:
        body += [_part(part, shown.details["place"], link) for part in shown.details["parts"]]
    if shown.request:
        rows = "".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd>" for name, value in shown.request)
        body.append(f'<section><h2>The request</h2><dl class="rows">{rows}</dl></section>')
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><style nonce="{nonce}">{_STYLE}</style>{shown.head}</head>'
        f"<body><main>{''.join(body)}<footer>{html.escape(shown.next)}</footer></main></body></html>\n"
    )


def _heading(shown: Shown, link: Link) -> str:
    place = shown.details["place"] if shown.details is not None else None
    kind, colon, message = shown.title.partition(": ") if place is not None else ("", "", shown.title)
    if not colon:
        kind, message = "", shown.title
    parts = [f'<p class="what">{html.escape(shown.what)}</p>']
    parts.append(f"<h1>{_all_of(html.escape(kind + colon), 'b')}{html.escape(message)}</h1>")
    if shown.hint:
        parts.append(f'<p class="hint">{html.escape(shown.hint)}</p>')
    if place is not None:
        parts.append(f'<p class="place">{_place(place, link)}</p>{_source(place)}{_values(place["values"])}')
    return f"<header>{''.join(parts)}</header>"


def _part(part: Details, place: Details | None, link: Link) -> str:
    heading = ""
    if part["kind"]:
        title = html.escape(f"{part['type']}: {part['message']}".removesuffix(": "))
        heading = f'<h2>{_CHAINED[part["kind"]]}</h2><p class="chained">{title}</p>'
    elif part["frames"]:
        heading = "<h2>How it came to that <small>the last call first</small></h2>"
    notes = "".join(f'<p class="note">{html.escape(note)}</p>' for note in part["notes"])
    groups = groupby(part["frames"], key=lambda frame: bool(frame["is_own"]))
    frames = "".join(
        "".join(_frame(frame, link, is_open=frame != place) for frame in members)
        if is_own
        else _others(list(members), link)
        for is_own, members in groups
    )
    return f"<section>{heading}{notes}{frames}</section>" if heading or notes or frames else ""


def _others(frames: Sequence[Details], link: Link) -> str:
    """Fold what is not the project's own; whoever wants it opens it."""
    libraries = ", ".join(dict.fromkeys(frame["library"] for frame in frames))
    count = "1 call" if len(frames) == 1 else f"{len(frames)} calls"
    inside = "".join(_frame(frame, link, is_open=False) for frame in frames)
    return (
        f'<details class="others"><summary>{count} in {html.escape(libraries)}</summary>'
        f'<div class="inside">{inside}</div></details>'
    )


def _frame(frame: Details, link: Link, *, is_open: bool) -> str:
    source, values = _source(frame), _values(frame["values"])
    if not source and not values:
        return f'<p class="bare">{_place(frame, link)}</p>'
    opened = " open" if is_open else ""
    # A summary is a button, in which there can be no link.
    target = link(frame["path"], frame["line"])
    jump = f'<a class="jump" href="{html.escape(target)}">Open in the editor</a>' if target else ""
    return f"<details{opened}><summary>{_place(frame, _no_link)}</summary>{jump}{source}{values}</details>"


def _place(frame: Details, link: Link) -> str:
    shown = html.escape(f"{frame['file']}:{frame['line']}")
    target = link(frame["path"], frame["line"])
    where = f'<a href="{html.escape(target)}">{shown}</a>' if target else f"<code>{shown}</code>"
    return f"{where} <span>in {html.escape(frame['function'])}</span>" if frame["function"] else where


def _no_link(_path: str, _line: int) -> str:
    return ""


def _source(frame: Details) -> str:
    if not frame["source"]:
        return ""
    lines = "".join(_line(number, text, frame) for number, text in frame["source"])
    # One can scroll it sideways, by the keyboard too.
    return f'<pre tabindex="0" role="group" aria-label="{html.escape(frame["file"])}">{lines}</pre>'


def _line(number: int, text: str, frame: Details) -> str:
    shown = html.escape(text)
    if number != frame["line"]:
        return f"<span><i>{number}</i>{shown}\n</span>"
    if frame["columns"] is not None:
        start, end = frame["columns"]
        shown = f"{html.escape(text[:start])}<mark>{html.escape(text[start:end])}</mark>{html.escape(text[end:])}"
    return f'<span class="here"><i>{number}</i>{shown}\n</span>'


def _values(values: Iterable[Sequence[str]] | None) -> str:
    rows = "".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd>" for name, value in values or ())
    return _all_of(rows, 'dl class="rows"')


def _all_of(inside: str, tag: str) -> str:
    return f"<{tag}>{inside}</{tag.partition(' ')[0]}>" if inside else ""
