"""`tcli run`: a loop that stands still is seen and ended; one that was only stopped with all the rest is left alone."""

import os
import signal
from pathlib import Path

import pytest
from support.load import SteadyClients
from support.project import write
from support.server_process import ServerProcess, seconds_between
from support.trouble import TROUBLE, leaders_of, let_pass, line_of, workers_of

HANG = 0.5
SLACK = 3.0
"""What a loaded machine may add to the second in which a blocked worker is killed."""


@pytest.mark.parametrize("way", [pytest.param("sleep", marks=pytest.mark.thorough), "spin"])
def test_a_blocked_loop_is_shown_killed_and_replaced_while_the_other_worker_serves(tmp_path: Path, way: str) -> None:
    # S4
    write(tmp_path, {"main.py": TROUBLE})
    with ServerProcess("run", "-w", "2", "--hang-timeout", str(HANG), cwd=tmp_path) as server:
        server.wait_for("ready")
        with server.connect() as blocked:
            blocked.ask(f"/block/{way}")
            began = server.wait_for(message="blocking")
            with SteadyClients(server.port) as clients:
                clients.wait_for_answers(10)
                died = server.wait_for("worker_died")
                server.wait_for_all(3, {"event": "worker_ready"})
            assert blocked.wait_for_end() == b""
        assert not clients.failed
        assert (died["code"], died["in_flight"]) == (-signal.SIGKILL, 1)
        assert seconds_between(began, died) < HANG + 1 + SLACK
        assert "blocked" in str(server.wait_for("worker_killed")["message"])
        dump = [str(event["message"]) for event in server.events if event.get("logger") == "stderr"]
        assert any("main.py" in line and f"line {line_of(f'blocks: {way}')}" in line for line in dump), server.told()
        assert server.stop() == 0


@pytest.mark.parametrize("workers", [1, 2])
def test_a_stopped_worker_is_killed_and_replaced(tmp_path: Path, workers: int) -> None:
    # S5
    write(tmp_path, {"main.py": TROUBLE})
    with ServerProcess("run", "-w", str(workers), "--hang-timeout", str(HANG), cwd=tmp_path) as server:
        server.wait_for("ready")
        victim = int(server.get().text)
        os.kill(victim, signal.SIGSTOP)
        died = server.wait_for("worker_died", worker=victim)
        assert died["code"] == -signal.SIGKILL
        server.wait_for_all(workers + 1, {"event": "worker_ready"})
        assert int(server.get().text) != victim
        assert len(server.seen("worker_died")) == 1
        assert server.stop() == 0


def test_a_long_import_is_not_taken_for_a_blocked_loop(tmp_path: Path) -> None:
    # S6
    busy = "import time\nuntil = time.monotonic() + 1.0\nwhile time.monotonic() < until: pass\n"
    write(tmp_path, {"main.py": busy + TROUBLE})
    options = ("--hang-timeout", str(HANG), "--boot-timeout", "20")
    with ServerProcess("run", "main:make_app", *options, cwd=tmp_path) as server:
        server.wait_for("ready")
        assert not server.seen("worker_killed")
        assert len(server.seen("worker_ready")) == 1
        assert server.stop() == 0


@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.thorough), 2])
def test_a_supervisor_that_was_stopped_kills_nobody_when_it_wakes(tmp_path: Path, workers: int) -> None:
    # S11
    write(tmp_path, {"main.py": TROUBLE})
    with ServerProcess("run", "-w", str(workers), "--hang-timeout", str(HANG), cwd=tmp_path) as server:
        server.wait_for("ready")
        before = workers_of(server)
        server.send(signal.SIGSTOP)
        let_pass(1.2 * HANG)
        assert int(server.get().text) in before
        server.send(signal.SIGCONT)
        # Longer than a kill would take.
        let_pass(0.7)
        assert workers_of(server) == before
        assert not server.seen("worker_died")
        assert server.stop() == 0


@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.thorough), 2])
def test_a_tree_that_was_stopped_as_a_whole_goes_on_as_it_was(tmp_path: Path, workers: int) -> None:
    # S12
    write(tmp_path, {"main.py": TROUBLE})
    with ServerProcess("run", "-w", str(workers), "--hang-timeout", str(HANG), cwd=tmp_path) as server:
        server.wait_for("ready")
        before = workers_of(server)
        everybody = [server.pid, *server.tree()]
        with server.connect() as kept:
            assert int(kept.get().text) in before
            for pid in everybody:
                os.kill(pid, signal.SIGSTOP)
            kept.ask()
            let_pass(1.2 * HANG)
            # The supervisor first: it must not judge the others by the time for which all stood still.
            for pid in everybody:
                os.kill(pid, signal.SIGCONT)
            assert int(kept.answer().text) in before
        let_pass(0.7)
        assert workers_of(server) == before
        assert not server.seen("worker_died")
        assert server.stop() == 0


def test_a_leader_that_was_stopped_costs_nothing(tmp_path: Path) -> None:
    # S11, of the leader
    write(tmp_path, {"main.py": TROUBLE})
    with ServerProcess("run", "--hang-timeout", str(HANG), cwd=tmp_path) as server:
        server.wait_for("ready")
        [leader] = leaders_of(server)
        os.kill(leader, signal.SIGSTOP)
        victim = int(server.get().text)
        os.kill(victim, signal.SIGKILL)
        os.kill(leader, signal.SIGCONT)
        server.wait_for("worker_died", worker=victim)
        server.wait_for_all(2, {"event": "worker_ready"})
        assert leaders_of(server) == [leader]
        assert server.stop() == 0
