"""`tcli run`: what happens to its log does not happen to those who are served."""

import json
import logging
import os
import signal
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.load import SteadyClients
from support.process_tree import command_of, cpu_seconds
from support.project import write
from support.server_process import ServerProcess
from support.trouble import TROUBLE, let_pass

from tornado_cli.logs.allowance import FLOODS

READS_ONE_LINE = ["bash", "-c", 'exec "$@" > >(head -1)', "bash"]
READS_ONE_LINE_AND_KEEPS_THE_REST_WAITING = ["bash", "-c", 'exec "$@" > >(head -1; exec sleep 3600)', "bash"]


def records(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.outside("bash")
def test_when_the_reader_of_its_output_is_gone_it_serves_on_and_the_file_has_every_line(tmp_path: Path) -> None:
    # S31, P1
    write(tmp_path, {"main.py": TROUBLE})
    options = ("-w", "2", "--log-file", "app.log")
    with ServerProcess("run", *options, cwd=tmp_path, under=READS_ONE_LINE) as server:
        with SteadyClients(server.port) as clients:
            clients.wait_for_answers(50)
        assert not clients.failed
        before = cpu_seconds(server.pid)
        let_pass(0.3)
        assert cpu_seconds(server.pid) - before < 0.1
        assert server.stop() == 0
    said = records(tmp_path / "app.log")
    assert sum(one.get("event") == "access" for one in said) == len(clients.asked)
    assert any("its reader is gone" in str(one["message"]) for one in said)
    assert not any(one.get("event") == "worker_died" or one["level"] == "error" for one in said)


@pytest.mark.outside("bash")
def test_a_reader_that_does_not_read_holds_nobody_up(tmp_path: Path) -> None:
    # P2
    write(tmp_path, {"main.py": TROUBLE})
    options = ("--log-file", "app.log")
    under = READS_ONE_LINE_AND_KEEPS_THE_REST_WAITING
    with ServerProcess("run", *options, cwd=tmp_path, under=under) as server, server.connect() as client:
        # Ten megabytes in all: more than the pipe and what may wait for it.
        for _ in range(5):
            assert client.get("/log/100/20000").status == 200
        assert client.get().status == 200
        client.close()
        # Else it would have its last seconds, too.
        [reader] = [pid for pid in server.tree() if "sleep" in command_of(pid)]
        os.kill(reader, signal.SIGKILL)
        assert server.stop() == 0
    said = records(tmp_path / "app.log")
    assert any("stdout" in str(one["message"]) and "lost" in str(one["message"]) for one in said)


def test_rotation_under_load_loses_and_splits_no_line(tmp_path: Path) -> None:
    # P4
    write(tmp_path, {"main.py": TROUBLE})
    options = ("-w", "2", "--log-file", "app.log", "--access-log-file", "access.log")
    with ServerProcess("run", *options, cwd=tmp_path) as server:
        server.wait_for("ready")
        with SteadyClients(server.port) as clients:
            for turn in range(5):
                clients.wait_for_answers(20)
                for name in ("app", "access"):
                    (tmp_path / f"{name}.log").replace(tmp_path / f"{name}.log.{turn}")
                server.send(signal.SIGUSR1)
                wait_for_file(clients, tmp_path / "access.log")
        assert server.stop() == 0
    lines = [line for file in tmp_path.glob("access.log*") for line in records(file)]
    assert len(lines) == len(clients.asked)
    assert len({line["request_id"] for line in lines}) == len(lines)
    assert len(list(tmp_path.glob("app.log*"))) == 6


def wait_for_file(clients: SteadyClients, file: Path) -> None:
    """Return when it is there again; each answer is a line."""
    while not file.exists():
        clients.wait_for_answers(1)


def test_long_lines_of_two_workers_do_not_mix(tmp_path: Path) -> None:
    # P5
    write(tmp_path, {"main.py": TROUBLE})
    with ServerProcess("run", "-w", "2", cwd=tmp_path) as server:
        server.wait_for("ready")
        with ExitStack() as stack:
            clients = [stack.enter_context(server.connect()) for _ in range(4)]
            for client in clients:
                client.ask("/log/50/20000")
            for client in clients:
                assert client.answer().status == 200
        assert server.stop() == 0
        long = [event for event in server.events if len(str(event.get("message"))) > 20_000]
        assert len(long) == 200
        assert len({event["source"] for event in long}) == 2
        assert not [event for event in server.events if "printed" in event]


def test_what_was_said_right_before_a_crash_is_heard(tmp_path: Path) -> None:
    # P6
    write(tmp_path, {"main.py": TROUBLE})
    with ServerProcess("run", cwd=tmp_path) as server:
        server.wait_for("ready")
        with server.connect() as client:
            client.ask("/exit/1")
            assert client.wait_for_end() == b""
        server.wait_for(message="last words")
        server.wait_for("worker_died", code=1)
        assert server.stop() == 0


def test_a_storm_of_warnings_is_cut_and_the_loop_lives(tmp_path: Path) -> None:
    # P8
    write(tmp_path, {"main.py": TROUBLE})
    # The loop is held all the while, however little is done with each record.
    with ServerProcess("run", "--hang-timeout", "60", cwd=tmp_path) as server:
        server.wait_for("ready")
        with server.connect() as client:
            assert client.get("/log/100000/10").status == 200
            assert client.get().status == 200
        assert server.stop() == 0
        assert not server.seen("worker_died")
        dropped = sum(int(event["count"]) for event in server.seen("dropped"))
        heard = Counter(str(event["time"])[:19] for event in server.events if event.get("logger") == "app")
        assert dropped + heard.total() == 100_000
        assert max(heard.values()) <= FLOODS[logging.WARNING], "of one second"
