"""`tcli run`: signals by the hundred, from a keyboard, ignored at the start, and in the middle of trouble."""

import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.load import SteadyClients
from support.process_tree import children_of, command_of
from support.project import Gate, app_that_says, save, write
from support.server_process import ServerProcess
from support.trouble import TROUBLE, leaders_of, workers_of

# Not preexec_fn: a fork in a process with threads may hang.
ON_A_TERMINAL = "import os, sys; os.login_tty(0); os.execvp(sys.argv[1], sys.argv[1:])"
CTRL_C = b"\x03"
# A supervisor hears of both in the same way.
EACH_STOP = pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.thorough)])


class Screen:
    """What a program writes to a terminal."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.text = ""

    def read_until(self, words: str) -> None:
        while words not in self.text:
            assert self._read(), f"it ended\n{self.text}"

    def read_to_the_end(self) -> None:
        while self._read():
            pass

    def _read(self) -> bool:
        try:
            chunk = os.read(self._descriptor, 4096)
        except OSError:
            # How Linux tells that nobody holds the other end any more.
            return False
        self.text += chunk.decode(errors="replace")
        return bool(chunk)


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_on_a_terminal_is_one_drain_without_a_traceback(tmp_path: Path, times: int) -> None:
    # S14
    write(tmp_path, {"main.py": TROUBLE})
    ours, theirs = pty.openpty()
    tcli = [sys.executable, "-c", ON_A_TERMINAL, sys.executable, "-m", "tornado_cli", "run", "-w", "2", "-p", "0"]
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "200", "NO_COLOR": "1"}
    process = subprocess.Popen(tcli, cwd=tmp_path, env=env, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    screen = Screen(ours)
    try:
        screen.read_until("serves")
        if times == 2:
            found = re.search(r"127\.0\.0\.1:(\d+)", screen.text)
            assert found is not None
            curl = subprocess.Popen(
                [sys.executable, "-c", f"import urllib.request as u; u.urlopen('http://127.0.0.1:{found[1]}/forever')"],
                stderr=subprocess.DEVNULL,
            )
            screen.read_until("in flight")
        os.write(ours, CTRL_C)
        screen.read_until("SIGINT: finishing")
        if times == 2:
            os.write(ours, CTRL_C)
            curl.wait(20)
        screen.read_to_the_end()
        assert process.wait(20) == (0 if times == 1 else 130)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    assert "Traceback" not in screen.text
    assert screen.text.count("finishing") == 1


@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.thorough), 2])
def test_a_storm_of_hups_is_one_more_generation_and_no_more_descriptors(tmp_path: Path, workers: int) -> None:
    # S15
    gate = Gate(tmp_path / "gate")
    write(tmp_path, {"main.py": app_that_says("1")})
    with ServerProcess("run", "-w", str(workers), cwd=tmp_path) as server:
        server.wait_for("ready", generation=1)
        before = descriptors_of(server.pid)
        # One of its workers waits, whichever it is: who comes to a gate that was closed again waits for ever.
        one_waits = f"import os\ntry:\n    os.mkdir('taken')\n    {gate.code}\nexcept FileExistsError:\n    pass\n"
        with SteadyClients(server.port) as clients:
            write(tmp_path, {"main.py": one_waits + app_that_says("2")})
            for _ in range(50):
                server.send(signal.SIGHUP)
            gate.wait_for_somebody()
            # The other worker may only now be reading: it finds the one or the other, and never half of it.
            save(tmp_path / "main.py", app_that_says("3"))
            for _ in range(50):
                server.send(signal.SIGHUP)
            gate.open()
            server.wait_for("ready", generation=3)
            server.wait_for("generation_left", generation=2)
        assert not clients.failed
        assert server.get().text == "3"
        assert not server.seen("starting", generation=4), server.told()
        assert len(leaders_of(server)) == 1
        assert len(server.seen("worker_ready")) == 3 * workers
        # The log may not yet have seen the ends of what the two old leaders printed to.
        assert descriptors_of(server.pid) <= before + 4
        assert server.stop() == 0


def descriptors_of(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


@EACH_STOP
def test_what_was_ignored_at_the_start_does_not_keep_a_stop_from_working(
    tmp_path: Path, number: signal.Signals
) -> None:
    # S16
    write(tmp_path, {"main.py": TROUBLE})
    under = ["sh", "-c", 'trap "" HUP INT TERM; exec "$@"', "sh"]
    with ServerProcess("run", cwd=tmp_path, under=under) as server:
        server.wait_for("ready")
        server.send(signal.SIGHUP)
        server.wait_for("ready", generation=2)
        assert int(server.get().text) in workers_of(server)
        assert server.stop(number) == 0


def test_under_nohup_the_end_of_the_terminal_is_not_the_end(tmp_path: Path) -> None:
    # S16
    write(tmp_path, {"main.py": app_that_says("one")})
    under = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh"]
    with ServerProcess("run", cwd=tmp_path, on_terminal=True, under=under) as server:
        server.wait_for("ready")
        port = server.port
        [supervisor] = [pid for pid in children_of(server.pid) if "tornado_cli run" in command_of(pid)]
        server.send(signal.SIGKILL)
        server.wait_for_exit()
        gate = Gate(tmp_path / "gate")
        with SteadyClients(port) as clients:
            clients.wait_for_answers(50)
            # Nor does it keep anybody from a reload.
            save(tmp_path / "main.py", gate.code + app_that_says("two"))
            os.kill(supervisor, signal.SIGHUP)
            gate.wait_for_somebody()
            gate.open()
        assert not clients.failed
        os.kill(supervisor, signal.SIGTERM)
        server.wait_until_nothing_is_left(5.0)


@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.thorough), 2])
def test_broken_new_code_costs_no_request(tmp_path: Path, workers: int) -> None:
    # S17
    write(tmp_path, {"main.py": app_that_says("old")})
    with ServerProcess("run", "-w", str(workers), cwd=tmp_path) as server:
        server.wait_for("ready")
        with SteadyClients(server.port) as clients:
            clients.wait_for_answers(10)
            write(tmp_path, {"main.py": "def f(:\n"})
            server.send(signal.SIGHUP)
            server.wait_for("generation_left", generation=2)
            clients.wait_for_answers(10)
        assert not clients.failed
        assert {one.text for one in clients.asked} == {"old"}
        assert server.stop() == 0


@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.thorough), 2])
def test_new_code_that_is_never_ready_is_given_up_and_the_old_serves_on(tmp_path: Path, workers: int) -> None:
    # S19
    write(tmp_path, {"main.py": app_that_says("old")})
    options = ("-w", str(workers), "--boot-timeout", "1")
    with ServerProcess("run", *options, cwd=tmp_path) as server:
        server.wait_for("ready")
        before = workers_of(server)
        write(tmp_path, {"main.py": "import time\ntime.sleep(1e9)\n" + app_that_says("new")})
        with SteadyClients(server.port, clients=1, pause=0.01) as clients:
            server.send(signal.SIGHUP)
            assert "1 s after it was started" in str(server.wait_for("worker_killed", generation=2)["message"])
            server.wait_for("generation_left", generation=2)
            clients.wait_for_answers(5)
        assert not clients.failed
        assert workers_of(server) == before
        assert server.get().text == "old"
        assert server.stop() == 0


@EACH_STOP
def test_a_stop_during_a_reload_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    # S13
    gate = Gate(tmp_path / "gate")
    write(tmp_path, {"main.py": app_that_says("old")})
    with ServerProcess("run", "-w", "2", cwd=tmp_path, alone=True) as server:
        server.wait_for("ready", generation=1)
        write(tmp_path, {"main.py": gate.code + app_that_says("new")})
        server.send(signal.SIGHUP)
        gate.wait_for_somebody()
        assert server.stop(number) == 0
        gate.open()
        assert not server.tree()
        server.assert_port_is_free()


@pytest.mark.parametrize("command", ["run", "serve"])
def test_terms_until_its_very_end_change_nothing(tmp_path: Path, command: str) -> None:
    # S13
    write(tmp_path, {"main.py": app_that_says("one")})
    with ServerProcess(command, cwd=tmp_path) as server:
        server.wait_for("ready")
        while server.is_running:
            server.send(signal.SIGTERM)
        assert server.wait_for_exit() == 0


def test_a_second_term_changes_nothing(tmp_path: Path) -> None:
    # S13
    write(tmp_path, {"main.py": TROUBLE})
    with ServerProcess("run", cwd=tmp_path) as server:
        server.wait_for("ready")
        with server.connect() as busy:
            busy.begin_upload("/", 4)
            server.send(signal.SIGTERM)
            server.wait_for("stopping")
            server.send(signal.SIGTERM)
            server.wait_for_all(2, {"event": "stopping"})
            busy.send(b"four")
            assert busy.answer().text == "4"
        assert server.wait_for_exit() == 0
