"""Programs beside `tcli serve`: they run, are heard, come back, and are gone when it is."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.process_tree import command_of, cpu_seconds, wait_until_gone
from support.project import app_that_says, save, write
from support.server_process import DEADLINE, ServerProcess
from support.trouble import let_pass

# Says so, then waits for ever; with a child in a session of its own.
STAYS = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"], start_new_session=True)
print("child", child.pid)
sys.stdin.read()
"""
DEAF = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + STAYS
NOTES_TERM = """
import pathlib, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(pathlib.Path("asked").touch()))
print("listens", flush=True)
signal.pause()
"""
DIES_ONCE = """
import pathlib, sys
been = pathlib.Path("been")
if been.exists():
    print("again")
    sys.stdin.read()
been.touch()
sys.exit(3)
"""
COUNTS = """
with open("starts", "a") as file:
    file.write("x")
"""


def project(folder: Path, programs: dict[str, str]) -> None:
    """Write an application whose companions are Python programs of these texts."""
    table = [f"{name} = {json.dumps([sys.executable, f'{name}_program'])}\n" for name in programs]
    files = {"main.py": app_that_says("one"), "pyproject.toml": "[tool.tcli.serve.with]\n" + "".join(table)}
    write(folder, files | {f"{name}_program": text for name, text in programs.items()})


def test_what_they_print_is_told_with_their_names(tmp_path: Path) -> None:
    project(tmp_path, {"css": "import sys\nprint('one')\nprint('two', file=sys.stderr)\nsys.stdin.read()", "js": STAYS})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for(source="css", message="one", level="info")
        server.wait_for(source="css", message="two", level="info")
        server.wait_for("companion_started", companion="js")
        assert server.stop() == 0


def test_reloads_do_not_touch_them_and_they_keep_no_port(tmp_path: Path) -> None:
    project(tmp_path, {"css": COUNTS + STAYS})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        server.wait_for("companion_started")
        server.wait_for(source="css")
        for number in (2, 3):
            save(tmp_path / "main.py", app_that_says(str(number)))
            server.wait_for("reloaded", attempt=number)
        assert (tmp_path / "starts").read_text() == "x"
        assert server.stop() == 0


def test_one_that_dies_comes_back(tmp_path: Path) -> None:
    project(tmp_path, {"css": DIES_ONCE})
    with ServerProcess("serve", cwd=tmp_path) as server:
        assert server.wait_for("companion_ended", companion="css")["code"] == 3
        server.wait_for(source="css", message="again")
        assert server.stop() == 0


def test_what_one_that_died_has_left_in_its_group_is_not_in_the_way_of_the_next(tmp_path: Path) -> None:
    project(tmp_path, {"css": STAYS.replace(", start_new_session=True", "").replace("sys.stdin.read()", "sys.exit(1)")})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for_all(3, {"event": "companion_started"})
        first = int(server.wait_for(source="css")["message"].split()[1])
        assert first not in server.tree()
        assert server.stop() == 0


def test_one_that_ends_with_0_has_done_its_work(tmp_path: Path) -> None:
    project(tmp_path, {"css": COUNTS})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("companion_finished", companion="css")
        server.wait_for("ready")
        save(tmp_path / "main.py", app_that_says("two"))
        server.wait_for("reloaded", attempt=2)
        assert server.stop() == 0
        assert (tmp_path / "starts").read_text() == "x"


def test_a_program_that_is_not_there_is_told_and_the_server_goes_on(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("one"), "pyproject.toml": '[tool.tcli.serve.with]\ncss = "no-such x"\n'})
    with ServerProcess("serve", cwd=tmp_path) as server:
        assert "there is no program no-such on PATH" in str(server.wait_for("companion_failed")["message"])
        server.wait_for("ready")
        assert server.get().text == "one"
        assert server.stop() == 0


@pytest.mark.parametrize(
    ("program", "number"),
    [
        (STAYS, signal.SIGINT),
        (DEAF, signal.SIGTERM),
        pytest.param(STAYS, signal.SIGTERM, marks=pytest.mark.thorough),
        pytest.param(DEAF, signal.SIGINT, marks=pytest.mark.thorough),
    ],
)
def test_they_end_with_the_server(tmp_path: Path, program: str, number: signal.Signals) -> None:
    project(tmp_path, {"css": program})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for(source="css")
        server.wait_for("ready")
        assert server.stop(number) == 0
        assert not server.tree()


def test_what_they_have_started_in_sessions_of_their_own_is_asked_to_end(tmp_path: Path) -> None:
    write(tmp_path, {"child.py": NOTES_TERM})
    project(tmp_path, {"css": STAYS.replace('"-c", "import time; time.sleep(1000)"', '"child.py"')})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for(source="css", message="listens")
        server.wait_for("ready")
        assert server.stop() == 0
        assert (tmp_path / "asked").exists()


@pytest.mark.outside("linux")
def test_waiting_for_one_that_does_not_end_costs_nothing(tmp_path: Path) -> None:
    project(tmp_path, {"css": DEAF})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for(source="css")
        server.wait_for("ready")
        [keeper] = [pid for pid in server.tree() if "companions.keeper" in command_of(pid)]
        before = cpu_seconds(keeper)
        server.send(signal.SIGTERM)
        server.wait_for("stopped")
        # Half of the time that it has before it is killed.
        let_pass(1.0)
        assert cpu_seconds(keeper) - before < 0.2
        assert server.wait_for_exit() == 0


@pytest.mark.parametrize(
    ("program", "kill"),
    [
        (STAYS, os.killpg),
        (DEAF, os.kill),
        pytest.param(STAYS, os.kill, marks=pytest.mark.thorough),
        pytest.param(DEAF, os.killpg, marks=pytest.mark.thorough),
    ],
)
def test_a_server_that_is_killed_leaves_none(tmp_path: Path, program: str, kill: Callable[[int, int], None]) -> None:
    project(tmp_path, {"css": program})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for(source="css")
        tree = server.tree()
        assert any("css_program" in command_of(pid) for pid in tree)
        kill(server.pid, signal.SIGKILL)
        assert wait_until_gone(tree, time.monotonic() + DEADLINE)
        assert not server.tree()


def test_a_keeper_that_is_killed_takes_them_along(tmp_path: Path) -> None:
    project(tmp_path, {"css": "print('there')\nimport time\ntime.sleep(1000)"})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for(source="css", message="there")
        server.wait_for("ready")
        [keeper] = [pid for pid in server.tree() if "companions.keeper" in command_of(pid)]
        [companion] = [pid for pid in server.tree() if "css_program" in command_of(pid)]
        os.kill(keeper, signal.SIGKILL)
        assert wait_until_gone([companion], time.monotonic() + DEADLINE)
        assert server.get().text == "one"
        assert server.stop() == 0


def test_run_starts_none(tmp_path: Path) -> None:
    project(tmp_path, {"css": COUNTS})
    with ServerProcess("run", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert server.stop() == 0
        assert not (tmp_path / "starts").exists()
