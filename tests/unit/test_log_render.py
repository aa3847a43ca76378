"""Records on a terminal: aligned, and only ever text."""

import json
import logging
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tornado_cli.logs.access import Access
from tornado_cli.logs.record import COMPANION, Record
from tornado_cli.logs.render import FLOOD, Gate, Painter, traceback_text

HOSTILE = "[link=http://x]t[/link][/x]\x1b]0;title\x07\x1b]52;c;aGk=\x07\x9b2J\u202e\x00\r\nforged"
SGR = re.compile(r"\x1b\[[0-9;]*m")
RECORD = Record(time=0.0, level=logging.WARNING, logger="app", message="m", source="worker 0")
ROW = Access(0.0, "127.0.0.1", "GET", "/a", 200, 0.0012, 512, "abc")


def painter(columns: int = 80, environ: dict[str, str] | None = None) -> Painter:
    return Painter(lambda: columns, environ or {}, clock=lambda: 0.0)


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("path", ["/", "/" + "long/" * 60, "/日本語" * 30])
def test_an_access_line_fills_exactly_one_line(columns: int, path: str) -> None:
    line = SGR.sub("", painter(columns).access(ROW._replace(path=path), "worker 10"))
    assert line.endswith(" ms\n")
    assert cell_len(line.rstrip("\n")) == columns


@pytest.mark.parametrize("columns", [80, 120])
def test_a_long_message_is_wrapped_under_itself(columns: int) -> None:
    record = Record(time=0.0, level=20, logger="root", message="word " * 60, source="worker 0", fields={"a": 1})
    lines = SGR.sub("", painter(columns).record(record)).splitlines()
    assert all(cell_len(line) <= columns for line in lines)
    assert len({len(line) - len(line.lstrip()) for line in lines[1:]}) == 1


def test_a_companion_has_a_colour_of_its_own_and_everybody_else_is_quiet() -> None:
    same = painter()
    drawn = {
        (name, logger): same.record(RECORD.but(source=name, logger=logger)).partition(name)[0]
        for name in ("css", "js")
        for logger in (COMPANION, "app")
    }
    assert drawn["css", "app"] == drawn["js", "app"]
    assert len(set(drawn.values())) == 3


@pytest.mark.parametrize("columns", [1, 2, 10, 40])
def test_narrow_terminals_get_everything_unaligned(columns: int) -> None:
    assert "/a" in painter(columns).access(ROW, "worker 0")
    assert "m\n" in SGR.sub("", painter(columns).record(RECORD))


@pytest.mark.parametrize("columns", [1, 80, 120])
def test_foreign_text_is_neither_markup_nor_control(columns: int) -> None:
    record = Record(
        time=0.0,
        level=logging.ERROR,
        logger=HOSTILE,
        message=HOSTILE,
        source=HOSTILE,
        fields={HOSTILE: HOSTILE},
        traceback=f"Traceback:\n{HOSTILE}",
    )
    row = ROW._replace(client=HOSTILE, method=HOSTILE, path=HOSTILE, request_id=HOSTILE)
    drawn = painter(columns).record(record) + painter(columns).access(row, HOSTILE)
    assert "[link=http://x]" in drawn.replace("\n", "").replace(" ", "")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", SGR.sub("", drawn))


@given(st.text(alphabet=st.characters(), max_size=100))
def test_any_text_can_be_drawn(text: str) -> None:
    record = Record(time=0.0, level=20, logger="root", message=text, source=text, traceback=text)
    drawn = painter().record(record) + painter().access(ROW._replace(path=text, method=text), text)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", SGR.sub("", drawn))


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_color_takes_every_escape(environ: dict[str, str]) -> None:
    plain = painter(environ=environ)
    assert "\x1b" not in plain.record(RECORD) + plain.access(ROW, "worker 0")


def test_colours_tell_levels_and_statuses_apart() -> None:
    assert painter().record(RECORD).count("\x1b[1;33m") == 1
    lines = {painter().access(ROW._replace(status=status), "w")[:30] for status in (200, 302, 404, 500)}
    assert len(lines) == 4


def test_a_flood_of_requests_becomes_a_number() -> None:
    now = 0.0
    crowded = Painter(lambda: 80, {"NO_COLOR": "1"}, clock=lambda: now)
    drawn = "".join(crowded.access(ROW, "worker 0") for _ in range(FLOOD + 1500))
    assert drawn.count("\n") == FLOOD
    assert crowded.overdue(0.5) == ""
    assert "1,500 more requests" in crowded.overdue(1.0)
    assert crowded.overdue(1.1) == ""


def test_the_gate_opens_again_in_the_next_second() -> None:
    gate = Gate(1)
    assert [gate.admits(0.0), gate.admits(0.5), gate.take_overdue(1.0), gate.admits(1.0)] == [True, False, 1, True]


def test_frames_of_the_project_s_own_stand_out_from_those_of_libraries() -> None:
    library = json.__file__
    traceback = (
        "Traceback (most recent call last):\n"
        '  File "/home/me/shop/app.py", line 3, in get\n    total(order)\n'
        f'  File "{library}", line 346, in loads\n    return decode(s)\n'
        "  | ExceptionGroup: two\n"
        '    |   File "/home/me/shop/pay.py", line 9, in pay\n    |     raise ValueError\n'
        "ValueError: no"
    )
    text = traceback_text(traceback)
    styles = {text.plain[span.start : span.end].strip(): span.style for span in text.spans}
    assert styles['File "/home/me/shop/app.py", line 3, in get'] == "bold"
    assert styles[f'File "{library}", line 346, in loads'] == styles["return decode(s)"] == "dim"
    assert styles['|   File "/home/me/shop/pay.py", line 9, in pay'] == "bold"
    assert "total(order)" not in styles
    assert "red" in str(styles["ValueError: no"])
