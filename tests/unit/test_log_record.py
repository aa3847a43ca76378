"""A record is one line, whatever is in it."""

import json
import logging
import re
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_cli.logs.access import Access
from tornado_cli.logs.record import LINE_LIMIT, Record, iso_time, to_json_line
from tornado_cli.logs.sender import finished
from tornado_cli.logs.settings import LogFormat

READY = Record(
    time=1_700_000_000.25,
    level=logging.INFO,
    logger="tornado_cli.run.worker",
    message="worker ready",
    source="worker 0",
    pid=77,
    event="ready",
    fields={"generation": 1, "why": "first start"},
)
SEEN = Access(1_700_000_000.25, "127.0.0.1", "GET", "/a", 200, 0.0012345, 512, "abc")
HOSTILE = 'a\r\n\x1b[2J\x9b\u2028\x00\u202e"\\{}\x7f\udc80[/x]'


def test_a_plain_line_has_time_level_source_and_message_and_leaves_fields_to_programs() -> None:
    assert READY.to_plain() == f"{iso_time(READY.time)} INFO [worker 0] worker ready"


def test_a_plain_line_names_loggers_that_are_not_ours() -> None:
    record = Record(time=0.0, level=logging.ERROR, logger="app.db", message="gone", source="app")
    assert record.to_plain().endswith(" ERROR [app] app.db: gone")


def test_a_traceback_is_indented_so_that_it_cannot_pass_for_a_record() -> None:
    forged = "Traceback:\nValueError: x\n2026-01-01T00:00:00.000+00:00 INFO [supervisor] all is well\x1b[2J\n"
    record = Record(time=0.0, level=logging.ERROR, logger="app", message="boom", source="app", traceback=forged)
    first, *rest = record.to_plain().split("\n")
    assert first.endswith("app: boom")
    assert [line[:4] for line in rest] == ["    "] * 3
    assert "\x1b" not in record.to_plain()


def test_a_json_line_has_the_fields_of_its_event_beside_its_own() -> None:
    values = json.loads(READY.to_json())
    assert values == {
        "time": iso_time(READY.time),
        "level": "info",
        "logger": "tornado_cli.run.worker",
        "source": "worker 0",
        "pid": 77,
        "message": "worker ready",
        "event": "ready",
        "generation": 1,
        "why": "first start",
    }
    assert datetime.fromisoformat(values["time"]).timestamp() == READY.time


def test_a_field_never_takes_the_place_of_the_records_own() -> None:
    record = Record(time=0.0, level=20, logger="a", message="m", source="s", pid=1, fields={"pid": 99, "event": "x"})
    values = json.loads(record.to_json())
    assert (values["pid"], values["fields.pid"]) == (1, 99)
    assert "event" not in values


@pytest.mark.parametrize(
    "fields",
    [{"a": float("nan")}, {"a": object()}, {("a", 1): 2}, {"a": {("b", 1): 2}}, {"a": b"\xff"}, {"a": HOSTILE}],
)
def test_fields_of_any_kind_make_one_valid_line(fields: dict[str, object]) -> None:
    record = Record(time=0.0, level=20, logger="a", message="m", source="s", fields=fields)
    for line in (record.to_json(), record.to_wire()):
        assert json.loads(line, parse_constant=pytest.fail)["message"] == "m"
    assert Record.from_wire(record.to_wire()).message == "m"
    assert "\n" not in record.to_plain()


@given(st.text(alphabet=st.characters(), max_size=100))
def test_json_lines_are_valid_visible_and_say_the_same(text: str) -> None:
    line = to_json_line({"message": text})
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e]", line.replace("\t", ""))
    expected = re.sub("[\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):04x}", text)
    assert json.loads(line.encode())["message"] == expected


def test_an_exception_of_logging_becomes_its_traceback() -> None:
    with pytest.raises(ValueError, match="forged") as caught:
        raise ValueError("\nforged")
    made = logging.LogRecord("app", logging.ERROR, "a.py", 1, "failed %s", ("here",), caught._excinfo)
    record = Record.from_logging(made, "worker 1")
    assert record.message == "failed here"
    assert record.traceback.startswith("Traceback (most recent call last):")
    assert record.traceback.endswith("ValueError: \nforged")


def test_extras_of_other_libraries_are_not_taken_for_ours() -> None:
    made = logging.makeLogRecord({"msg": "m", "event": 7, "fields": ["a"]})
    record = Record.from_logging(made, "app")
    assert (record.event, record.fields) == ("", {})


def test_tornado_messages_that_hold_a_request_are_masked() -> None:
    made = logging.makeLogRecord({"name": "tornado.application", "msg": "Uncaught exception GET /?token=PLANTED"})
    assert "PLANTED" not in Record.from_logging(made, "app").to_json()


@pytest.mark.parametrize("log_format", [LogFormat.PLAIN, LogFormat.JSON, LogFormat.RICH])
@pytest.mark.parametrize(
    "huge",
    [
        {"message": "x" * 1_000_000},
        {"message": "\x1b" * 1_000_000},
        {"message": "日" * 40_000},
        {"message": "m", "traceback": "first\n" + "frame\n" * 200_000 + "ValueError: last"},
        {"message": "m", "fields": {f"key {number}": "v" * 100 for number in range(50_000)}},
        {"message": "m", "fields": {"one": ["x"] * 100_000}},
        {"message": "m", "logger": "l" * 1_000_000},
    ],
)
def test_a_huge_record_is_cut_with_a_note(log_format: LogFormat, huge: dict[str, object]) -> None:
    values: dict[str, object] = {"time": 0.0, "level": 40, "logger": "a", "source": "s", **huge}
    line = finished(Record(**values), log_format)  # type: ignore[arg-type]
    assert len(line.encode()) <= LINE_LIMIT
    if "traceback" in huge:
        assert "ValueError: last" in line
    if "logger" not in huge and "fields" not in huge:
        assert "characters cut]" in line


def test_twenty_kilobytes_are_not_cut() -> None:
    record = Record(time=0.0, level=20, logger="a", message="x" * 20_000, source="s")
    assert "x" * 20_000 in finished(record, LogFormat.JSON)


def test_an_access_line_has_all_its_parts() -> None:
    assert SEEN.to_plain("worker 0") == f"{iso_time(SEEN.time)} ACCESS [worker 0] 127.0.0.1 GET /a 200 1.2ms 512B abc"
    assert json.loads(SEEN.to_json("worker 0", 77)) == {
        "time": iso_time(SEEN.time),
        "level": "info",
        "logger": "tornado.access",
        "source": "worker 0",
        "pid": 77,
        "event": "access",
        "client": "127.0.0.1",
        "method": "GET",
        "path": "/a",
        "status": 200,
        "duration_ms": 1.234,
        "size": 512,
        "request_id": "abc",
    }


@pytest.mark.parametrize("path", ["/a", HOSTILE, '/"', "/\\", "/ü", "/日本\u202e"])
def test_the_quick_and_the_thorough_json_access_line_say_the_same(path: str) -> None:
    row = SEEN._replace(path=path)
    assert json.loads(row.to_json("worker 0", 77)) == json.loads(to_json_line(row.to_values("worker 0", 77)))


def test_a_hostile_request_makes_one_visible_line() -> None:
    row = SEEN._replace(path=HOSTILE, client=HOSTILE, method=HOSTILE, request_id=HOSTILE)
    assert row.to_plain("worker 0").isprintable()
    assert row.to_json("worker 0", 1).isprintable()
    assert Access.from_wire(row.to_wire("worker 0")) == (row, "worker 0")
