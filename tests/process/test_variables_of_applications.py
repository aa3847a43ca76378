"""Variables of an env file: in the application's processes, at each start those of the file as it is then."""

import json
import os
import signal
from pathlib import Path

import pytest
from support.load import SteadyClients
from support.process_tree import children_of
from support.project import Gate, app_that_says, save, write
from support.server_process import ServerProcess

# Read when it is imported, as most applications do.
APP = "import os\nWORD = os.environ.get('WORD', 'none')\n" + app_that_says("{word}").replace('"{word}"', "WORD")


def test_an_edit_of_the_file_is_served_and_what_it_has_lost_is_gone(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": APP, ".env": "WORD=one\n"})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert server.get().text == "one"
        for number, (text, word) in enumerate([("WORD=two\n", "two"), ("OTHER=1\n", "none"), ("WORD=four", "four")]):
            save(tmp_path / ".env", text)
            server.wait_for("reloaded", attempt=number + 2)
            assert server.get().text == word
        (tmp_path / ".env").unlink()
        server.wait_for("reloaded", attempt=5)
        assert server.get().text == "none"


def test_the_environment_is_stronger(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": APP, ".env": "WORD=file\n"})
    for command, arguments in (("serve", []), ("run", ["--env-file", ".env"])):
        with ServerProcess(command, *arguments, cwd=tmp_path, env={"WORD": "environment"}) as server:
            server.wait_for("ready")
            assert server.get().text == "environment"


def test_settings_of_tcli_itself_are_not_read_from_it(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": APP, ".env": "TCLI_SERVE_HOST=nowhere.invalid\nTCLI_APP=nothing\nWORD=one\n"})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert server.get().text == "one"
        assert "TCLI_APP, TCLI_SERVE_HOST in the env file" in str(server.wait_for("misplaced_settings")["message"])
    with ServerProcess("run", "--env-file", ".env", cwd=tmp_path, env={"TCLI_APP": "main.py"}) as server:
        server.wait_for("ready")
        message = str(server.wait_for("misplaced_settings")["message"])
        assert "TCLI_SERVE_HOST" in message
        assert "TCLI_APP" not in message


def test_a_file_with_a_mistake_is_told_with_its_line_and_none_of_it_is_taken(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": APP, ".env": "WORD=one\nsome secret\n"})
    with ServerProcess("serve", cwd=tmp_path) as server:
        assert f"{tmp_path}/.env, line 2" in str(server.wait_for("env_file_failed")["message"])
        server.wait_for("ready")
        assert server.get().text == "none"
        save(tmp_path / ".env", "WORD=two\n")
        server.wait_for("reloaded", attempt=2)
        assert server.get().text == "two"
        save(tmp_path / ".env", "secret thing\nWORD=three\n")
        assert "line 1" in str(server.wait_for_all(2, {"event": "env_file_failed"})[1]["message"])
        server.wait_for("reloaded", attempt=3)
        assert server.get().text == "two"
        assert "secret" not in server.told()


def test_the_old_process_finishes_what_runs_though_its_variables_have_changed(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": APP, ".env": "WORD=one\n"})
    with ServerProcess("serve", "--reload-grace", "20", cwd=tmp_path) as server:
        server.wait_for("ready")
        with server.connect() as idle, server.connect() as busy:
            assert idle.get().text == "one"
            busy.begin_upload("/", 4)
            save(tmp_path / ".env", "WORD=two\n")
            server.wait_for("reloaded", attempt=2)
            assert server.get().text == "two"
            busy.send(b"four")
            assert busy.answer().text == "4"
        assert server.stop() == 0
        assert not server.tree()


@pytest.mark.parametrize("which", ["old", "new"])
def test_a_forkserver_that_dies_beside_another_is_got_over(tmp_path: Path, which: str) -> None:
    write(tmp_path, {"main.py": APP, ".env": "WORD=one\n"})
    with ServerProcess("serve", "--reload-grace", "20", cwd=tmp_path) as server:
        server.wait_for("ready")
        [old] = children_of(server.pid)
        with server.connect() as busy:
            busy.begin_upload("/", 4)
            save(tmp_path / ".env", "WORD=two\n")
            server.wait_for("reloaded", attempt=2)
            [new] = set(children_of(server.pid)) - {old}
            os.kill(old if which == "old" else new, signal.SIGKILL)
            if which == "new":
                server.wait_for("forkserver_died")
                server.wait_for("ready", attempt=3)
                # The old one knows nothing of it.
                busy.send(b"four")
                assert busy.answer().text == "4"
            else:
                assert busy.wait_for_end() == b""
        assert server.get().text == "two"
        assert server.stop() == 0


def test_other_variables_refuse_nobody(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": APP, ".env": "WORD=1\n"})
    with ServerProcess("serve", "--no-access-log", cwd=tmp_path) as server:
        server.wait_for("ready")
        with SteadyClients(server.port) as clients:
            for number in range(2, 7):
                clients.wait_for_answers(4)
                save(tmp_path / ".env", f"WORD={number}\n")
                server.wait_for("reloaded", attempt=number)
            clients.wait_for_answers(4)
        assert not clients.failed
        assert server.get().text == "6"
        assert server.stop() == 0


def test_changes_during_a_start_end_with_the_last(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    write(tmp_path, {"main.py": APP, ".env": "WORD=one\n"})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        save(tmp_path / "main.py", gate.code + "\n" + APP)
        gate.wait_for_somebody()
        gate.open()
        (tmp_path / "gate").unlink()
        (tmp_path / "gate").touch()
        for word in ("two", "three", "last"):
            save(tmp_path / ".env", f"WORD={word}\n")
        write(tmp_path, {"end.py": ""})
        server.wait_for_reload_of("end.py")
        assert server.get().text == "last"
        assert server.stop() == 0


def test_another_file_can_be_named_and_none(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": APP, ".env": "WORD=usual\n", "dev.env": "WORD=named\n"})
    for value, word in (("dev.env", "named"), ("", "none")):
        with ServerProcess("serve", "--env-file", value, cwd=tmp_path) as server:
            server.wait_for("ready")
            assert server.get().text == word


@pytest.mark.parametrize(
    "named",
    [
        pytest.param("project/dev.env", marks=pytest.mark.thorough),
        "elsewhere/dev.env",
        pytest.param("project/link", marks=pytest.mark.thorough),
    ],
)
def test_an_edit_of_a_file_that_was_named_is_served(tmp_path: Path, named: str) -> None:
    files = dict.fromkeys(("project/dev.env", "elsewhere/dev.env"), "WORD=one\n")
    write(tmp_path, {"project/main.py": APP, **files})
    (tmp_path / "project/link").symlink_to("../elsewhere/dev.env")
    with ServerProcess("serve", "--env-file", str(tmp_path / named), cwd=tmp_path / "project") as server:
        edit_twice(server, (tmp_path / named).resolve())


def test_an_edit_of_what_the_usual_file_links_to_is_served(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": APP, ".env.mine": "WORD=one\n"})
    (tmp_path / ".env").symlink_to(".env.mine")
    with ServerProcess("serve", cwd=tmp_path) as server:
        edit_twice(server, tmp_path / ".env.mine")


def edit_twice(server: ServerProcess, file: Path) -> None:
    server.wait_for("ready")
    assert server.get().text == "one"
    for attempt, word in enumerate(["two", "three"], start=2):
        save(file, f"WORD={word}\n")
        server.wait_for("reloaded", attempt=attempt)
        assert server.get().text == word


@pytest.mark.parametrize("command", ["serve", "run"])
@pytest.mark.parametrize("text", [None, "WORD=one\nsome secret\n"])
def test_a_named_file_that_cannot_be_read_ends_it_before_anything_listens(
    tmp_path: Path, command: str, text: str | None
) -> None:
    write(tmp_path, {"main.py": APP} | ({} if text is None else {"dev.env": text}))
    with ServerProcess(command, "--env-file", "dev.env", cwd=tmp_path) as server:
        assert server.wait_for_exit() == 2
        assert f"{tmp_path}/dev.env" in server.stderr
        assert "secret" not in server.stderr
        assert not server.events


def test_run_reads_no_file_that_was_not_named(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": APP, ".env": "WORD=file\n"})
    with ServerProcess("run", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert server.get().text == "none"


def test_a_reload_of_run_reads_it_again_and_keeps_the_old_values_where_it_cannot(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": APP, "prod.env": "WORD=one\n"})
    with ServerProcess("run", "--env-file", "prod.env", cwd=tmp_path) as server:
        server.wait_for("ready", generation=1)
        assert server.get().text == "one"
        save(tmp_path / "prod.env", "WORD=two\n")
        server.send(signal.SIGHUP)
        server.wait_for("ready", generation=2)
        server.wait_for("generation_left", generation=1)
        assert server.get().text == "two"
        save(tmp_path / "prod.env", "WORD=three\nsome secret\n")
        server.send(signal.SIGHUP)
        assert "line 2" in str(server.wait_for("settings_failed")["message"])
        server.wait_for("ready", generation=3)
        server.wait_for("generation_left", generation=2)
        assert server.get().text == "two"
        assert "secret" not in json.dumps(server.events)
