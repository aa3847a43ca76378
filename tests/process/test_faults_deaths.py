"""`tcli run`: processes that die under load, again and again, or will not die."""

import os
import re
import signal
from pathlib import Path

import pytest
from support.load import SteadyClients
from support.project import write
from support.server_process import ServerProcess
from support.trouble import TROUBLE, leaders_of, workers_of


@pytest.mark.parametrize("workers", [1, 2])
def test_an_idle_worker_that_is_killed_costs_nobody_anything(tmp_path: Path, workers: int) -> None:
    # S1
    write(tmp_path, {"main.py": TROUBLE})
    with ServerProcess("run", "-w", str(workers), cwd=tmp_path) as server:
        server.wait_for("ready")
        victim = min(workers_of(server))
        os.kill(victim, signal.SIGKILL)
        with SteadyClients(server.port) as clients:
            died = server.wait_for("worker_died", worker=victim)
            server.wait_for_all(workers + 1, {"event": "worker_ready"})
            clients.wait_for_answers(10)
        assert (died["code"], died["in_flight"]) == (-signal.SIGKILL, 0)
        assert not clients.failed
        assert len(workers_of(server)) == workers
        assert server.stop() == 0


@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.thorough), 2])
def test_an_abort_in_a_handler_costs_its_own_request(tmp_path: Path, workers: int) -> None:
    # S3
    write(tmp_path, {"main.py": TROUBLE})
    with ServerProcess("run", "-w", str(workers), cwd=tmp_path) as server:
        server.wait_for("ready")
        with server.connect() as client:
            client.ask("/abort")
            assert client.wait_for_end() == b""
        died = server.wait_for("worker_died")
        assert (died["code"], died["in_flight"]) == (-signal.SIGABRT, 1)
        assert "SIGABRT" in str(died["message"])
        with SteadyClients(server.port) as clients:
            server.wait_for_all(workers + 1, {"event": "worker_ready"})
            clients.wait_for_answers(10)
        assert not clients.failed
        assert server.stop() == 0


CRASHES_WHILE = """
import os, pathlib
from tornado.ioloop import PeriodicCallback
CRASH = pathlib.Path("crash")
PeriodicCallback(lambda: CRASH.exists() and os._exit(1), 10).start()
"""


@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.thorough), 2])
def test_crashes_in_a_row_come_ever_more_slowly_and_end_with_the_fix(tmp_path: Path, workers: int) -> None:
    # S8
    write(tmp_path, {"main.py": CRASHES_WHILE + TROUBLE})
    with ServerProcess("run", "main:make_app", "-w", str(workers), cwd=tmp_path) as server:
        server.wait_for("ready")
        (tmp_path / "crash").touch()
        with server.connect() as client:
            # The port is kept: whoever comes waits.
            deaths = server.wait_for_all(4 * workers, {"event": "worker_died"})
            (tmp_path / "crash").unlink()
            assert server.get().status == 200
            client.close()
        for slot in {death["slot"] for death in deaths}:
            texts = [str(death["message"]) for death in deaths if death["slot"] == slot]
            delays = [float(found[1]) if (found := re.search(r"in ([\d.]+) s", text)) else 0.0 for text in texts]
            assert delays == sorted(delays)
            assert delays[0] == 0.0
            assert len(delays) < 3 or delays[-1] > 0
        assert not server.seen("gave_up")
        assert not server.seen("starting", generation=2)
        assert server.stop() == 0


def test_without_its_supervisor_under_load_nothing_is_left(tmp_path: Path) -> None:
    # S10
    write(tmp_path, {"main.py": TROUBLE})
    with ServerProcess("run", cwd=tmp_path, alone=True) as server:
        server.wait_for("ready")
        with SteadyClients(server.port, host=server.host) as clients:
            clients.wait_for_answers(10)
            server.send(signal.SIGKILL)
            server.wait_until_nothing_is_left(2.0)
        server.assert_port_is_free()


@pytest.mark.parametrize("workers", [1, 2])
def test_without_its_leader_no_request_is_lost(tmp_path: Path, workers: int) -> None:
    # L1
    write(tmp_path, {"main.py": TROUBLE})
    with ServerProcess("run", "-w", str(workers), cwd=tmp_path) as server:
        server.wait_for("ready", generation=1)
        old = workers_of(server)
        [leader] = leaders_of(server)
        with SteadyClients(server.port) as clients:
            clients.wait_for_answers(10)
            os.kill(leader, signal.SIGKILL)
            server.wait_for("ready", generation=2)
            server.wait_for("generation_left", generation=1)
            clients.wait_for_answers(10)
        assert not clients.failed
        assert not old & set(server.tree())
        assert len(leaders_of(server)) == 1
        assert server.stop() == 0


WILL_NOT_DIE = {
    "a busy thread": "import threading\ndef spin():\n    while True: pass\nthreading.Thread(target=spin).start()\n",
    "at exit": "import atexit, threading\natexit.register(threading.Event().wait)\n",
}


@pytest.mark.parametrize("what", WILL_NOT_DIE)
def test_what_blocks_the_exit_is_killed_at_the_graceful_timeout_and_told(tmp_path: Path, what: str) -> None:
    # S28
    write(tmp_path, {"main.py": WILL_NOT_DIE[what] + TROUBLE})
    with ServerProcess("run", "main:make_app", "--graceful-timeout", "0.3", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert server.get().status == 200
        assert server.stop() == 0
        assert "0.3 s after it was told to finish" in str(server.wait_for("worker_killed")["message"])


def test_an_executor_that_works_on_is_not_waited_for_beyond_the_deadline(tmp_path: Path) -> None:
    # S28
    works = "import asyncio, time\nasyncio.get_event_loop().run_in_executor(None, time.sleep, 3600)\n"
    write(tmp_path, {"main.py": works + TROUBLE})
    with ServerProcess("run", "main:make_app", "--graceful-timeout", "0.3", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert server.stop() == 0
        server.wait_for("worker_killed")


def test_a_crash_budget_that_is_spent_ends_it_with_1_and_a_verdict(tmp_path: Path) -> None:
    # S8, S9
    write(tmp_path, {"main.py": TROUBLE})
    with ServerProcess("run", "-w", "2", "--crash-budget", "3/60", cwd=tmp_path) as server:
        server.wait_for("ready")
        for number in range(1, 5):
            with server.connect() as client:
                client.ask("/exit/1")
                client.wait_for_end()
            server.wait_for_all(number, {"event": "worker_died"})
        assert "crash budget" in str(server.wait_for("gave_up")["message"])
        assert server.wait_for_exit() == 1
        server.wait_until_nothing_is_left(2.0)


def test_a_crash_budget_that_is_none_is_a_usage_error(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": TROUBLE})
    with ServerProcess("run", "--crash-budget", "3", cwd=tmp_path) as server:
        assert server.wait_for_exit() == 2
        assert "N/SECONDS" in server.stderr
