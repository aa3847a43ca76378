"""Records of forked processes reach the outputs whole, and nobody waits for them."""

import asyncio
import json
import logging
import os
import pty
import re
import select
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.small_disk import small_disk

from tornado_cli.errors import ExitCode, UsageError
from tornado_cli.logs.allowance import FLOODS
from tornado_cli.logs.events import event
from tornado_cli.logs.sender import LogSender
from tornado_cli.logs.settings import LogSettings, parse_levels
from tornado_cli.logs.setup import configure
from tornado_cli.logs.writer import LogWriter

LOGGER = logging.getLogger("app")
DEADLINE = 20.0


@pytest.fixture
def stdout(tmp_path: Path) -> Iterator[int]:
    fd = os.open(tmp_path / "stdout", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    yield fd
    os.close(fd)


@pytest.fixture
def printed(tmp_path: Path) -> Callable[[], list[str]]:
    return lambda: (tmp_path / "stdout").read_text().splitlines()


def parsed(lines: list[str]) -> list[dict[str, object]]:
    return [json.loads(line, parse_constant=pytest.fail) for line in lines]


def fork(work: Callable[[], None]) -> int:
    """Run `work` in a child; before `writer.start()`, for a fork wants no threads."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid


def logging_child(writer: LogWriter, source: str, work: Callable[[LogSender], None]) -> int:
    def child() -> None:
        sender = LogSender(writer.sender_end(), writer.format, source)
        configure(sender, {})
        work(sender)

    return fork(child)


def exit_of(pid: int) -> int:
    end = os.pidfd_open(pid)
    assert select.select([end], [], [], DEADLINE)[0], "it does not end"
    os.close(end)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@contextmanager
def own_sender(writer: LogWriter) -> Iterator[LogSender]:
    """A sender of this very process, and the root logger given back afterwards."""
    root = logging.getLogger()
    handlers, level = [*root.handlers], root.level
    sender = LogSender(writer.sender_end(), writer.format, "supervisor")
    configure(sender, parse_levels(("debug",)))
    try:
        yield sender
    finally:
        logging.captureWarnings(False)
        root.handlers[:] = handlers
        root.setLevel(level)


def test_long_lines_of_two_processes_never_interleave(stdout: int, printed: Callable[[], list[str]]) -> None:
    writer = LogWriter(LogSettings(format="json"), stdout)

    def work(sender: LogSender) -> None:
        for number in range(100):
            LOGGER.info("%s", "x" * 20_000, extra={"fields": {"number": number}})
            sender.flush()

    children = [logging_child(writer, f"worker {slot}", work) for slot in range(2)]
    writer.start()
    assert [exit_of(pid) for pid in children] == [0, 0]
    writer.close()
    records = parsed(printed())
    for slot in range(2):
        assert [r["number"] for r in records if r["source"] == f"worker {slot}"] == [*range(100)]
    assert {r["message"] for r in records} == {"x" * 20_000}


@pytest.mark.parametrize("last_act", [lambda: os._exit(9), lambda: os.kill(os.getpid(), signal.SIGKILL)])
def test_last_words_before_a_sudden_death_are_heard(
    stdout: int, printed: Callable[[], list[str]], last_act: Callable[[], None]
) -> None:
    writer = LogWriter(LogSettings(format="json"), stdout)

    async def serve(sender: LogSender) -> None:
        sender.attach(asyncio.get_running_loop())
        LOGGER.info("before")
        try:
            int("the reason")
        except ValueError:
            LOGGER.exception("last words")
        last_act()

    child = logging_child(writer, "worker 0", lambda sender: asyncio.run(serve(sender)))
    writer.start()
    exit_of(child)
    writer.close()
    before, last = parsed(printed())
    assert (before["message"], last["message"]) == ("before", "last words")
    assert "'the reason'" in str(last["traceback"])


def test_access_records_are_batched_and_arrive_without_a_flush(stdout: int, printed: Callable[[], list[str]]) -> None:
    writer = LogWriter(LogSettings(format="json"), stdout)

    async def serve(sender: LogSender) -> None:
        sender.attach(asyncio.get_running_loop())
        for number in range(1, 501):
            sender.access("::1", "GET", f"/{number}?token=PLANTED", 200, 0.001, 3, "id")
        await asyncio.sleep(0.2)

    child = logging_child(writer, "worker 0", lambda sender: asyncio.run(serve(sender)))
    writer.start()
    exit_of(child)
    writer.close()
    assert [r["path"] for r in parsed(printed())] == [f"/{number}?token=***" for number in range(1, 501)]


def test_nobody_waits_for_a_reader_that_does_not_read() -> None:
    reading, writing = os.pipe()
    writer = LogWriter(LogSettings(format="json"), writing)

    def work(sender: LogSender) -> None:
        # Who waits for a reader that never reads does not come to the end.
        for _ in range(300):
            LOGGER.error("x" * 60_000)
            sender.access("::1", "GET", "/", 200, 0.001, 3, "id")
        os._exit(0 if sender.dropped else 1)

    child = logging_child(writer, "worker 0", work)
    writer.start()
    assert exit_of(child) == 0
    closing = threading.Thread(target=writer.close, kwargs={"timeout": 0.2}, daemon=True)
    closing.start()
    closing.join(DEADLINE)
    assert not closing.is_alive()
    os.close(reading)
    os.close(writing)


def test_an_application_that_prints_never_waits_for_our_reader() -> None:
    reading, writing = os.pipe()
    writer = LogWriter(LogSettings(format="plain"), writing)
    app_reading, app_writing = os.pipe()

    def work() -> None:
        for _ in range(4000):
            os.write(app_writing, b"x" * 999 + b"\n")

    child = fork(work)
    os.close(app_writing)
    writer.add_output(app_reading, "worker 0", logging.INFO)
    writer.start()
    assert exit_of(child) == 0
    seen = b""
    while not seen.endswith(b" were lost\n"):
        assert select.select([reading], [], [], 10)[0], seen[-200:]
        seen += os.read(reading, 65536)
    writer.close()
    os.close(reading)
    os.close(writing)
    *lines, told = seen.decode().splitlines()
    lost = re.search(r"stdout: (\d+) lines were lost", told)
    assert lost
    assert len(lines) + int(lost[1]) == 4000


def test_kept_warnings_are_sent_when_there_is_room_though_nothing_more_is_logged(
    stdout: int, printed: Callable[[], list[str]]
) -> None:
    writer = LogWriter(LogSettings(format="plain"), stdout)

    async def serve(sender: LogSender) -> None:
        while not sender.dropped:
            LOGGER.info("x" * 10_000)
        sender.attach(asyncio.get_running_loop())
        LOGGER.warning("kept")
        writer.start()
        await asyncio.to_thread(wait_for, lambda: any(line.endswith("kept") for line in printed()))

    with own_sender(writer) as sender:
        asyncio.run(asyncio.wait_for(serve(sender), 10))
        writer.close()


def test_what_was_dropped_is_counted_and_told_when_there_is_room(stdout: int, printed: Callable[[], list[str]]) -> None:
    writer = LogWriter(LogSettings(format="json"), stdout)
    with own_sender(writer) as sender:
        # Nobody receives yet.
        for number in range(1500):
            LOGGER.info("x" * 10_000, extra={"fields": {"number": number}})
        assert sender.dropped
        writer.start()
        assert sender.flush() is True
        writer.close()
    records = parsed(printed())
    [told] = [r for r in records if r.get("event") == "dropped"]
    assert told["message"] == f"{told['count']} log lines were dropped"
    assert len(records) - 1 + int(str(told["count"])) == 1500


def test_warnings_are_kept_while_the_socket_is_full(stdout: int, printed: Callable[[], list[str]]) -> None:
    writer = LogWriter(LogSettings(format="json"), stdout)
    with own_sender(writer) as sender:
        while not sender.dropped:
            LOGGER.info("x" * 10_000)
        for number in range(50):
            LOGGER.warning("kept %d", number)
        writer.start()
        sender.flush()
        writer.close()
    kept = [str(r["message"]) for r in parsed(printed()) if str(r["message"]).startswith("kept")]
    assert kept == [f"kept {number}" for number in range(50)]


def test_a_storm_of_warnings_is_cut_and_counted(stdout: int, printed: Callable[[], list[str]]) -> None:
    writer = LogWriter(LogSettings(format="json"), stdout)

    async def serve(sender: LogSender) -> None:
        sender.attach(asyncio.get_running_loop())
        for number in range(20_000):
            LOGGER.warning("storm %d", number)
        sender.flush()

    child = logging_child(writer, "worker 0", lambda sender: asyncio.run(serve(sender)))
    writer.start()
    exit_of(child)
    writer.close()
    records = parsed(printed())
    counts = [int(str(r["count"])) for r in records if r.get("event") == "dropped"]
    assert sum(counts) + len(records) - len(counts) == 20_000
    assert counts
    heard = Counter(str(r["time"])[:19] for r in records if r.get("logger") == "app")
    assert max(heard.values()) <= FLOODS[logging.WARNING], "of one second"


def test_a_reader_that_is_gone_stops_neither_writer_nor_log_file(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    log_file = tmp_path / "app.log"
    writer = LogWriter(LogSettings(format="json", log_file=str(log_file)), writing)
    os.close(reading)
    with own_sender(writer) as sender:
        writer.start()
        for number in range(100):
            LOGGER.warning("line %d", number)
        sender.flush()
        writer.close()
    os.close(writing)
    messages = [str(r["message"]) for r in parsed(log_file.read_text().splitlines())]
    assert [m for m in messages if m.startswith("line")] == [f"line {number}" for number in range(100)]
    assert any(m.startswith("stdout: its reader is gone") for m in messages)
    assert writer.lost >= 100


def test_a_closed_stdout_is_survived(tmp_path: Path) -> None:
    log_file = tmp_path / "app.log"
    fd = os.open(os.devnull, os.O_WRONLY)
    os.close(fd)
    writer = LogWriter(LogSettings(log_file=str(log_file)), fd)
    with own_sender(writer):
        writer.start()
        LOGGER.info("heard")
        writer.close()
    assert "heard" in log_file.read_text()


def test_rotation_loses_and_splits_no_line(tmp_path: Path, stdout: int) -> None:
    log_file = tmp_path / "app.log"
    writer = LogWriter(LogSettings(format="json", log_file=str(log_file)), stdout)
    with own_sender(writer) as sender:
        writer.start()
        for number in range(1000):
            LOGGER.warning("line %d", number)
            if number % 100 == 99:
                log_file.rename(tmp_path / f"app.log.{number // 100}")
                writer.reopen()
                wait_for(log_file.exists)
        sender.flush()
        writer.close()
    parts = [tmp_path / f"app.log.{part}" for part in range(10)] + [log_file]
    lines = [line for part in parts if part.exists() for line in part.read_text().splitlines()]
    assert [r["message"] for r in parsed(lines)] == [f"line {number}" for number in range(1000)]


def test_a_file_that_cannot_be_reopened_is_written_on_and_told(
    tmp_path: Path, stdout: int, printed: Callable[[], list[str]]
) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    writer = LogWriter(LogSettings(log_file=str(folder / "app.log")), stdout)
    folder.rename(tmp_path / "moved")
    with own_sender(writer):
        writer.start()
        writer.reopen()
        LOGGER.warning("heard")
        writer.close()
    assert "heard" in (tmp_path / "moved" / "app.log").read_text()
    assert any("No such file or directory; the old file is written on" in line for line in printed())


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "tiny"
    folder.mkdir()
    with small_disk(folder):
        yield folder


@pytest.mark.outside("mounts")
def test_a_full_disk_is_told_once_and_recovered_from(
    tiny_disk: Path, stdout: int, printed: Callable[[], list[str]]
) -> None:
    log_file = tiny_disk / "app.log"
    writer = LogWriter(LogSettings(format="json", log_file=str(log_file)), stdout)
    with own_sender(writer) as sender:
        writer.start()
        for _ in range(200):
            LOGGER.warning("x" * 1000)
        sender.flush()
        wait_for(lambda: len(printed()) == 201)
        os.truncate(log_file, 0)
        LOGGER.warning("recovered")
        sender.flush()
        writer.close()
    kept = parsed([line for line in log_file.read_text().splitlines() if line])
    assert kept[-1]["message"] == "recovered"
    told = [r for r in parsed(printed()) if r.get("event") == "lost"]
    assert len(told) == 1
    assert "No space left on device" in str(told[0]["message"])
    assert len(parsed(printed())) == 202


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait for what another thread counts; it gives no sign."""
    deadline = time.monotonic() + 10
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline
        pause.wait(0.01)


@pytest.mark.parametrize("option", ["--log-file", "--access-log-file"])
def test_a_log_file_without_its_folder_is_a_usage_error(tmp_path: Path, option: str) -> None:
    path = tmp_path / "missing" / "app.log"
    settings = LogSettings(log_file=str(path)) if option == "--log-file" else LogSettings(access_log_file=str(path))
    with pytest.raises(UsageError, match="No such file or directory") as caught:
        LogWriter(settings)
    assert caught.value.exit_code is ExitCode.USAGE
    assert f"{option} {path}" in str(caught.value)
    assert f"mkdir -p {path.parent}" in caught.value.hint


def test_an_access_file_takes_the_access_lines(tmp_path: Path, stdout: int, printed: Callable[[], list[str]]) -> None:
    access_file, log_file = tmp_path / "access.log", tmp_path / "app.log"
    settings = LogSettings(log_file=str(log_file), access_log_file=str(access_file))
    writer = LogWriter(settings, stdout)
    with own_sender(writer) as sender:
        sender.access("::1", "GET", "/seen", 200, 0.001, 3, "id")
        LOGGER.warning("said")
        writer.start()
        writer.close()
    assert "GET /seen 200 1.0ms 3B id" in access_file.read_text()
    assert access_file.stat().st_mode & 0o007 == 0
    assert log_file.read_text().splitlines() == printed()
    assert ["said" in line for line in printed()] == [True]


@pytest.mark.parametrize("log_format", ["json", "plain", "rich"])
def test_hostile_bytes_make_one_visible_record(stdout: int, printed: Callable[[], list[str]], log_format: str) -> None:
    writer = LogWriter(LogSettings(format=log_format), stdout, {"NO_COLOR": "1"})
    hostile = "a\r\n\x00\x1b[2J\x9b\u2028\udcff\u202e[/x]"
    with own_sender(writer) as sender:
        LOGGER.warning("%s", hostile)
        sender.access("::1", "GET", hostile, 200, 0.001, 3, "id")
        writer.start()
        writer.close()
    assert len(printed()) == 2
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u202e]", "".join(printed()))


def test_what_an_application_prints_becomes_records(stdout: int, printed: Callable[[], list[str]]) -> None:
    writer = LogWriter(LogSettings(format="json"), stdout)
    out_reading, out_writing = os.pipe()
    err_reading, err_writing = os.pipe()
    writer.add_output(out_reading, "worker 0", logging.INFO)
    writer.add_output(err_reading, "worker 0", logging.WARNING)
    writer.start()
    os.write(out_writing, b"\x1b[32mhello\x1b[0m\nwithout end")
    os.write(err_writing, b"\xff\x00\x1b[2J\n")
    os.close(out_writing)
    os.close(err_writing)
    writer.close()
    records = {(r["logger"], r["level"], r["source"], r["message"]) for r in parsed(printed())}
    assert records == {
        ("stdout", "info", "worker 0", "hello"),
        ("stdout", "info", "worker 0", "without end"),
        ("stderr", "warning", "worker 0", "\\xff\\x00\\x1b[2J"),
    }


def test_plain_format_passes_printed_lines_on_as_they_are(stdout: int, printed: Callable[[], list[str]]) -> None:
    writer = LogWriter(LogSettings(format="plain"), stdout)
    reading, writing = os.pipe()
    writer.add_output(reading, "worker 0", logging.INFO)
    os.write(writing, b'{"their": "own format"}\n\n')
    os.close(writing)
    writer.start()
    writer.close()
    assert printed() == ['{"their": "own format"}', ""]


def test_a_line_of_a_companion_has_its_name_in_every_format(tmp_path: Path) -> None:
    for log_format in ("plain", "json", "rich"):
        file = os.open(tmp_path / log_format, os.O_WRONLY | os.O_CREAT)
        writer = LogWriter(LogSettings(format=log_format), file, {"NO_COLOR": "1"})
        reading, writing = os.pipe()
        writer.add_companion(reading, "css")
        os.write(writing, b"built\n\n")
        os.close(writing)
        writer.start()
        writer.close()
        os.close(file)
        [line] = (tmp_path / log_format).read_text().splitlines()
        assert re.search(r"\bcss\b.*\bbuilt\b", line)
        assert "stdout" not in line


def test_an_unfinished_line_is_shown_soon(stdout: int, printed: Callable[[], list[str]]) -> None:
    writer = LogWriter(LogSettings(format="plain"), stdout)
    reading, writing = os.pipe()
    writer.add_output(reading, "worker 0", logging.INFO)
    writer.start()
    os.write(writing, b"password? ")
    wait_for(lambda: printed() == ["password? "])
    os.close(writing)
    writer.close()


def test_garbage_in_the_socket_harms_nobody(stdout: int, printed: Callable[[], list[str]]) -> None:
    writer = LogWriter(LogSettings(format="rich"), stdout, {"NO_COLOR": "1"})
    for garbage in (b"", b"\x00", b"\xff\n", b"\x02{}\n", b"\x02[1\n", b"\x03[1, 2]\n", b"\x03\xff\n", b"\x02null\n"):
        writer.sender_end().send(garbage)
    with own_sender(writer):
        LOGGER.info("heard")
        writer.start()
        writer.close()
    assert [line for line in printed() if "heard" in line]
    assert writer.lost >= 6


def test_an_event_of_ours_is_named_for_programs(stdout: int, printed: Callable[[], list[str]]) -> None:
    writer = LogWriter(LogSettings(format="json"), stdout)
    with own_sender(writer):
        event(LOGGER, logging.INFO, "ready", "worker 50% ready", generation=1)
        writer.start()
        writer.close()
    [ready] = parsed(printed())
    assert (ready["event"], ready["generation"], ready["message"]) == ("ready", 1, "worker 50% ready")


def test_a_detached_child_writes_to_stderr_and_not_to_our_socket(stdout: int, printed: Callable[[], list[str]]) -> None:
    writer = LogWriter(LogSettings(format="json"), stdout)
    reading, writing = os.pipe()

    def work(sender: LogSender) -> None:
        os.dup2(writing, 2)
        sender.attach(asyncio.new_event_loop())
        LOGGER.info("the parent's")
        sender.detach()
        LOGGER.warning("the child's")
        assert sender.flush()

    child = logging_child(writer, "worker 0", work)
    writer.add_output(reading, "worker 0", logging.WARNING)
    os.close(writing)
    writer.start()
    assert exit_of(child) == 0
    writer.close()
    [record] = parsed(printed())
    assert record["logger"] == "stderr"
    assert str(record["message"]).endswith("WARNING [worker 0] app: the child's")


def test_on_a_terminal_records_are_drawn() -> None:
    ours, theirs = pty.openpty()
    writer = LogWriter(LogSettings(), theirs, {"TERM": "xterm"})
    assert writer.format == "rich"
    with own_sender(writer) as sender:
        LOGGER.warning("[red]said[/red]\x1b]0;title\x07")
        sender.access("::1", "GET", "/a", 200, 0.001, 3, "id")
        writer.start()
        writer.close()
    drawn = os.read(ours, 65536).decode()
    os.close(theirs)
    os.close(ours)
    assert "\x1b[1;33mWARN" in drawn
    assert "[red]said[/red]\\x1b]0;title\\x07" in drawn
    assert "\x1b]" not in drawn


def test_closing_twice_is_closing_once(stdout: int) -> None:
    writer = LogWriter(LogSettings(), stdout)
    writer.start()
    writer.close()
    writer.close()
