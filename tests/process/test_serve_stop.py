"""`tcli serve`: how it begins, and that it ends whenever it is told to."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from support.connection import Connection
from support.ports import free_port
from support.project import Gate, app_that_says, save, write
from support.server_process import ServerProcess

EACH_STOP = pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.thorough)])


@EACH_STOP
def test_a_stop_finishes_what_runs_and_ends_with_0(tmp_path: Path, number: signal.Signals) -> None:
    write(tmp_path, {"main.py": app_that_says("one")})
    with ServerProcess("serve", "--reload-grace", "20", cwd=tmp_path) as server:
        server.wait_for("ready")
        with server.connect() as idle, server.connect() as busy:
            assert idle.get().text == "one"
            busy.begin_upload("/", 4)
            server.send(number)
            assert idle.wait_for_end() == b""
            idle.close()
            busy.send(b"four")
            assert busy.answer().text == "4"
        assert server.wait_for_exit() == 0
        assert not server.tree()


@pytest.mark.parametrize(
    ("command", "moment"),
    # A forkserver starts together with a companion, and imports longer.
    [
        ("serve", "listening"),
        ("serve", "companion_started"),
        ("run", "starting"),
        pytest.param("serve", "ready", marks=pytest.mark.thorough),
        pytest.param("run", "ready", marks=pytest.mark.thorough),
    ],
)
def test_ctrl_c_reaches_every_process_of_the_terminal_and_shows_no_traceback(
    tmp_path: Path, command: str, moment: str
) -> None:
    write(tmp_path, {"main.py": app_that_says("one"), "pyproject.toml": '[tool.tcli.serve.with]\nwait = "cat"\n'})
    with ServerProcess(command, cwd=tmp_path) as server:
        server.wait_for(moment)
        os.killpg(server.pid, signal.SIGINT)
        assert server.wait_for_exit() == 0
        assert "Traceback" not in server.told()
        assert not server.stderr


def test_a_second_int_does_not_wait(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("one")})
    with ServerProcess("serve", "--reload-grace", "20", cwd=tmp_path) as server:
        server.wait_for("ready")
        with server.connect() as idle, server.connect() as busy:
            assert idle.get().text == "one"
            busy.begin_upload("/", 4)
            server.send(signal.SIGINT)
            assert idle.wait_for_end() == b""
            idle.close()
            assert server.stop(signal.SIGINT) == 130
        assert not server.tree()


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ("listening", signal.SIGINT),
        ("ready", signal.SIGTERM),
        pytest.param("listening", signal.SIGTERM, marks=pytest.mark.thorough),
        pytest.param("ready", signal.SIGINT, marks=pytest.mark.thorough),
    ],
)
def test_a_stop_at_any_moment_of_the_start_leaves_nothing(tmp_path: Path, moment: str, number: signal.Signals) -> None:
    write(tmp_path, {"main.py": app_that_says("one")})
    with ServerProcess("serve", cwd=tmp_path, alone=True) as server:
        server.wait_for(moment)
        assert server.stop(number) == 0
        assert not server.tree()
        server.assert_port_is_free()


def test_a_stop_during_an_endless_import_is_a_stop(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    write(tmp_path, {"main.py": gate.code + "\nwhile True: pass\n"})
    with ServerProcess("serve", "main:make_app", cwd=tmp_path) as server:
        gate.wait_for_somebody()
        gate.open()
        assert server.stop() == 0
        assert not server.tree()


def test_a_stop_while_broken_is_a_stop(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": "1 / 0\n"})
    with ServerProcess("serve", "main:make_app", cwd=tmp_path) as server:
        server.wait_for("app_failed")
        assert server.get().status == 500
        assert server.stop() == 0


@pytest.mark.parametrize("command", ["serve", "run"])
def test_the_end_of_the_terminal_is_the_end(tmp_path: Path, command: str) -> None:
    write(tmp_path, {"main.py": app_that_says("one")})
    with ServerProcess(command, cwd=tmp_path, on_terminal=True) as server:
        server.wait_for("ready")
        assert server.get().text == "one"
        server.send(signal.SIGKILL)
        server.wait_until_nothing_is_left(5.0)


def test_hup_starts_the_application_afresh(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("one")})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready", attempt=1)
        server.send(signal.SIGHUP)
        server.wait_for("ready", attempt=2)
        assert server.get().text == "one"


def test_a_port_that_is_taken_is_named_with_its_holder_and_the_next_one_is_used(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("one")})
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with ServerProcess("serve", cwd=tmp_path, port=port) as server:
            message = str(server.wait_for("port_taken")["message"])
            assert str(os.getpid()) in message
            assert str(server.port) in message
            assert server.port > port
            assert server.get().text == "one"


def test_strict_port_fails_with_1_and_names_the_holder(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("one")})
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        ServerProcess("serve", "--strict-port", cwd=tmp_path, port=taken.getsockname()[1]) as server,
    ):
        assert server.wait_for_exit() == 1
        assert str(os.getpid()) in server.stderr
        assert "Hint:" in server.stderr


SCRIPT = """
import asyncio
import tornado.web

class Main(tornado.web.RequestHandler):
    def get(self):
        self.write("says")

async def main():
    app = tornado.web.Application([("/", Main)])
    app.listen(8888)
    app.listen({second}, "127.0.0.1")
    try:
        await asyncio.Event().wait()
    finally:
        print("finally", flush=True)

if __name__ == "__main__":
    asyncio.run(main())
"""


def ask(port: int) -> str:
    with Connection(port) as client:
        return client.get().text


def test_the_other_address_of_a_script_stays_bound_over_reloads(tmp_path: Path) -> None:
    second = free_port()
    script = SCRIPT.replace("{second}", str(second))
    gate = Gate(tmp_path / "gate")
    write(tmp_path, {"main.py": script})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert server.get().text == "says"
        assert ask(second) == "says"
        save(tmp_path / "main.py", gate.code + script.replace("says", "says more"))
        gate.wait_for_somebody()
        with Connection(second) as early:
            early.ask()
            gate.open()
            assert early.answer().text == "says more"
        server.wait_for("reloaded", attempt=2)
        assert server.get().text == "says more"
        server.wait_for(printed="finally")
        assert server.stop() == 0
        assert len([event for event in server.events if event.get("printed") == "finally"]) == 2


def test_a_script_that_ends_without_listening_is_a_page(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": SCRIPT.replace("{second}", "0").replace("await asyncio.Event().wait()", "return")})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("app_failed")
        assert server.get().status == 500
        save(tmp_path / "main.py", SCRIPT.replace("{second}", "0"))
        server.wait_for("reloaded")
        assert server.get().text == "says"


def test_the_arguments_behind_the_dashes_are_the_scripts_own(tmp_path: Path) -> None:
    script = "import sys\n" + SCRIPT.replace("{second}", "0").replace('"says"', '" ".join(sys.argv[1:])')
    write(tmp_path, {"main.py": script})
    with ServerProcess("serve", "main.py", "--", "--port=1", "word", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert server.get().text == "--port=1 word"


def test_a_reader_that_goes_away_does_not_end_it(tmp_path: Path) -> None:
    """As in `tcli serve | head -1`."""
    write(tmp_path, {"main.py": app_that_says("one")})
    with subprocess.Popen(
        [sys.executable, "-m", "tornado_cli", "serve", "--log-format", "json", "-p", "0"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert b"listening" in process.stdout.readline()
        process.stdout.close()
        save(tmp_path / "main.py", app_that_says("two"))
        process.terminate()
        assert process.wait(20) in {0, 1}
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
