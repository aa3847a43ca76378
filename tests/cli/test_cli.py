"""The command line as it is typed: help, mistakes, and odd surroundings."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.project import app_that_says, write

from tornado_cli import __version__
from tornado_cli.cli import COMMANDS, cli, main
from tornado_cli.errors import ExitCode

DEADLINE = 60
MAIN = (sys.executable, "-m", "tornado_cli")
PLACES = [(), *[(name,) for name in COMMANDS]]


def tcli(
    *arguments: str | bytes, cwd: Path, env: Mapping[str, str] | None = None, command: Sequence[str] = MAIN
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command, *arguments],
        cwd=cwd,
        env=None if env is None else {**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE,
    )


def assert_one_message_and_one_hint(done: subprocess.CompletedProcess[str], code: ExitCode) -> None:
    first, *rest = done.stderr.splitlines()
    assert first.startswith("Error: "), done.stderr
    assert [line for line in rest if line.startswith(("Error: ", "Traceback", "Usage: "))] == []
    assert sum(line.startswith("Hint: ") for line in rest) <= 1
    assert (done.returncode, done.stdout) == (code, "")


# Help.


@pytest.mark.parametrize("place", PLACES)
def test_help_is_the_same_by_both_flags(place: tuple[str, ...], tmp_path: Path) -> None:
    short, long = tcli(*place, "-h", cwd=tmp_path), tcli(*place, "--help", cwd=tmp_path)
    assert (short.returncode, short.stderr) == (0, "")
    assert short.stdout == long.stdout
    assert short.stdout.startswith(f"Usage: {' '.join(['tcli', *place])} ")


def test_the_version_is_that_of_the_package(tmp_path: Path) -> None:
    done = tcli("--version", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"tcli {__version__}\n")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_group_says_of_a_command_what_the_command_says_of_itself(name: str) -> None:
    module, line = COMMANDS[name]
    command = getattr(importlib.import_module(module), name)
    assert command.name == name
    assert command.get_short_help_str(limit=1000) == line


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_and_version_import_nothing_that_they_do_not_show(arguments: list[str], tmp_path: Path) -> None:
    code = (
        "import atexit, json, sys\n"
        "atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))\n"
        f"sys.argv = ['tcli', *{arguments}]\n"
        "from tornado_cli.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=DEADLINE
    )
    assert done.returncode == 0, done.stderr
    imported = set(json.loads(done.stderr))
    heavy = {
        "tornado",
        "rich",
        "watchdog",
        "cryptography",
        "dotenv",
        "asyncio",
        "ssl",
        "logging",
        "tomllib",
        "dataclasses",
    }
    assert heavy & imported == set()
    assert {name for name in imported if name.startswith("tornado_cli.")} == {"tornado_cli.cli", "tornado_cli.errors"}


def test_nothing_typed_shows_the_help_and_is_a_mistake(tmp_path: Path) -> None:
    done = tcli(cwd=tmp_path)
    assert done.returncode == ExitCode.USAGE
    assert done.stderr.startswith("Usage: tcli ")


@pytest.mark.parametrize("name", ["serve", "run"])
def test_help_answers_where_the_settings_are_broken(name: str, tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": "x = ["})
    assert tcli(name, "--help", cwd=tmp_path).returncode == 0


# Mistakes.

MISTAKES = {
    "serev": (2, "There is no command 'serev'.", "Did you mean serve?"),
    "frobnicate": (2, "There is no command 'frobnicate'.", "There are new, serve, run, cert. See: tcli --help"),
    "--frob": (2, "No such option '--frob'.", "See: tcli --help"),
    "serve --frob": (
        2,
        "No such option '--frob'.",
        "Options of the application stand behind --. See: tcli serve --help",
    ),
    "serve --port x": (2, "Invalid value for '-p' / '--port': 'x' is not a valid whole number.", ""),
    "serve --port 70000": (2, "Invalid value for '-p' / '--port': 70000 is not in the range 0<=x<=65535.", ""),
    "serve --port": (2, "Option '--port' requires an argument.", "See: tcli serve --help"),
    "new --reload-grace 3 shop": (2, "No such option '--reload-grace'.", "See: tcli new --help"),
    "run --debug": (2, "No such option '--debug'", "tcli serve has it. See: tcli run --help"),
    "serve one two": (2, "Got unexpected extra argument (two)", "See: tcli serve --help"),
    "serve --reload-grace soon": (2, "'soon' is not a valid number.", ""),
    "run --workers -1": (2, "-1 is not in the range 0<=x<=1024.", ""),
    "run --workers 1e9": (2, "'1e9' is not a valid whole number.", ""),
    "run --loop nope": (2, "'nope' is not one of 'asyncio', 'uvloop'.", "See: tcli run --help"),
    "run main.py --keyfile key.pem": (2, "--keyfile needs the certificate, too.", "Add --certfile FILE."),
    "run main.py --host 0.0.0.0 --ssl": (2, "--ssl on 0.0.0.0 needs a certificate", "Add --certfile FILE"),
    "run main.py --certfile no.pem": (2, "no.pem", ""),
    "run main.py --log-level loud": (2, '"loud" is not a log level.', "Levels are debug, info"),
    "run nowhere.py": (3, "There is no nowhere.py in ", ""),
    "run empty": (3, "There is no Tornado application in ", "Name it: tcli "),
    "run main.py:": (3, "'main.py:' does not name an application.", "Forms: module:attr"),
    "new": (2, "Missing argument 'NAME'.", "See: tcli new --help"),
    "new class": (2, "A project cannot be called 'class'", "Try: tcli new my-class"),
    "new --template nope shop": (2, "'nope' is not one of ", "See: tcli new --help"),
}


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_one_message_and_one_hint(line: str, tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("hello"), "empty/nothing.txt": ""})
    code, message, hint = MISTAKES[line]
    done = tcli(*line.split(), cwd=tmp_path)
    assert_one_message_and_one_hint(done, ExitCode(code))
    assert message in done.stderr
    assert f"Hint: {hint}" in done.stderr


def test_what_a_terminal_would_obey_is_shown_in_a_message_as_text(tmp_path: Path) -> None:
    done = tcli("serve", "\x1b]0;gone\x07.py", cwd=tmp_path)
    assert_one_message_and_one_hint(done, ExitCode.APP)
    assert "\\x1b]0;gone\\x07.py" in done.stderr


@pytest.mark.parametrize("app", ["x" * 5000, "x" * 300 + ".py", "x" * 300 + ":app"])
def test_a_name_longer_than_any_file_s_may_be_is_told(app: str, tmp_path: Path) -> None:
    assert_one_message_and_one_hint(tcli("run", app, cwd=tmp_path), ExitCode.APP)


BUG = """
import sys
import tornado_cli.commands.run as run_module

def broken(*args):
    raise RuntimeError("of ours")

import tornado_cli.run.start
tornado_cli.run.start.run = broken
from tornado_cli.cli import main
sys.argv = ["tcli", "run"]
main()
"""


def test_a_bug_of_ours_keeps_its_traceback_and_asks_for_a_report(tmp_path: Path) -> None:
    done = tcli(cwd=tmp_path, command=[sys.executable, "-c", BUG])
    assert done.returncode == ExitCode.FAILURE
    assert done.stderr.startswith("Traceback (most recent call last):\n")
    assert f"RuntimeError: of ours\nError: This is a bug in tcli {__version__}.\nHint: Please report it" in done.stderr


# The project's settings.

BROKEN_SETTINGS = {
    "x = [": "cannot be read as TOML",
    "a = " + "[" * 50_000: "cannot be read as TOML",
    "a = 1\na = 2": "cannot be read as TOML",
    "[tool]\ntcli = 3": "tool.tcli must be a table.",
    "[tool.tcli]\napp = 3": "line 2: [tool.tcli] app must be a text in quotes, not 3.",
    "[tool.tcli]\nrun = 3": "line 2: [tool.tcli] run must be a table, not 3.",
    "[tool.tcli]\nap = 'main:app'": "line 2: [tool.tcli] ap is not a setting.\nHint: Did you mean app?",
    "[tool.tcli.run]\nworkers = 2\n\nportt = 1": "line 4: [tool.tcli.run] portt is not a setting.\n"
    "Hint: Did you mean port?",
    "[tool.tcli.run]\nlog_level = []": "line 2: [tool.tcli.run] log_level is not a setting.\n"
    "Hint: Did you mean log-level?",
    "[tool.tcli.server]\nport = 1": "line 1: [tool.tcli] server is not a setting.\nHint: Did you mean serve?",
    "[tool.tcli.run]\neditor = 'vscode'": "line 2: [tool.tcli.run] editor is not a setting.\n"
    "Hint: It belongs in [tool.tcli.serve].",
    "[tool.tcli]\nport = 1": "line 2: [tool.tcli] port is not a setting.\n"
    "Hint: It belongs in [tool.tcli.serve] or [tool.tcli.run].",
    "[tool.tcli.run]\nport = '80'": "line 2: [tool.tcli.run] port must be a whole number, not '80'.\n"
    "Hint: Write it without quotes: port = 80",
    "[tool.tcli.run]\nport = true": "line 2: [tool.tcli.run] port must be a whole number, not True.",
    "[tool.tcli.run]\nport = [1]": "line 2: [tool.tcli.run] port must be a whole number, not [1].",
    "[tool.tcli.run]\nport = 70000": "line 2: [tool.tcli.run] port: 70000 is not in the range 0<=x<=65535.",
    "[tool.tcli.run]\nssl = 'yes'": "line 2: [tool.tcli.run] ssl must be true or false, not 'yes'.",
    "[tool.tcli.run]\nloop = 'trio'": "line 2: [tool.tcli.run] loop: 'trio' is not one of 'asyncio', 'uvloop'.",
    "[tool.tcli.run]\nhost = 1979-05-27": "line 2: [tool.tcli.run] host must be a text in quotes, not ",
    "[tool.tcli.run]\nlog-level = 'info'": "line 2: [tool.tcli.run] log-level must be a list of texts, "
    'as ["a", "b"], not \'info\'.\nHint: Write it as a list: log-level = ["info"]',
    "\ufeff[tool.tcli.run]\r\nprt = 1\r\n": "line 2: [tool.tcli.run] prt is not a setting.",
}


@pytest.mark.parametrize("text", BROKEN_SETTINGS)
def test_a_fault_in_pyproject_is_told_with_its_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8", newline="")
    done = tcli("run", cwd=tmp_path)
    assert_one_message_and_one_hint(done, ExitCode.USAGE)
    assert f"{tmp_path / 'pyproject.toml'}" in done.stderr
    assert BROKEN_SETTINGS[text] in done.stderr


def test_a_byte_order_mark_and_carriage_returns_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"\xef\xbb\xbf[tool.tcli]\r\napp = 'nowhere.py'\r\n")
    assert "There is no nowhere.py" in tcli("run", cwd=tmp_path).stderr


def test_a_pyproject_that_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    os.mkfifo(file)
    assert tcli("run", cwd=tmp_path).returncode == ExitCode.APP
    file.unlink()
    file.mkdir()
    assert tcli("run", cwd=tmp_path).returncode == ExitCode.APP


def test_a_pyproject_of_100_megabytes_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "pyproject.toml").open("wb") as file:
        file.truncate(100_000_000)
    done = tcli("run", cwd=tmp_path)
    assert_one_message_and_one_hint(done, ExitCode.USAGE)
    assert "is larger than 1 MiB." in done.stderr


def test_a_binary_pyproject_is_told(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"\xff\xfe\x00")
    assert_one_message_and_one_hint(tcli("run", cwd=tmp_path), ExitCode.USAGE)


@pytest.mark.outside("linux")
def test_a_pyproject_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    # Unreadable for root, too.
    (tmp_path / "pyproject.toml").symlink_to("/proc/self/mem")
    done = tcli("run", cwd=tmp_path)
    assert_one_message_and_one_hint(done, ExitCode.USAGE)
    assert "cannot be read: Input/output error." in done.stderr


def test_a_bad_value_of_a_variable_is_told_by_the_name_of_the_variable(tmp_path: Path) -> None:
    own = tcli("run", cwd=tmp_path, env={"TCLI_RUN_PORT": "x", "PORT": "y"})
    assert "Invalid value for TCLI_RUN_PORT: 'x' is not a valid whole number." in own.stderr
    usual = tcli("run", cwd=tmp_path, env={"WEB_CONCURRENCY": "many"})
    assert "Invalid value for WEB_CONCURRENCY: 'many' is not" in usual.stderr


@pytest.mark.parametrize("command", ["serve", "run"])
def test_a_variable_that_was_typed_wrong_is_told_and_does_not_stop_it(tmp_path: Path, command: str) -> None:
    done = tcli(command, cwd=tmp_path, env={"TCLI_RUN_PROT": "9000"})
    warned, _, rest = done.stderr.partition("There is no Tornado application")
    assert "TCLI_RUN_PROT is not a setting." in warned
    assert "Did you mean TCLI_RUN_PORT?" in warned
    assert rest
    assert done.returncode == ExitCode.APP


# Anything at all: what no test above thought of.

FLAGS = sorted(
    {
        flag
        for name, (module, _) in COMMANDS.items()
        for option in getattr(importlib.import_module(module), name).params
        if isinstance(option, click.Option)
        for flag in (*option.opts, *option.secondary_opts)
    }
)
VALUES = st.one_of(
    st.sampled_from(["", "-", "--", "-1", "0", "1e9", "70000", "nan", "inf", "[", "*", "::1", "a:b", "x" * 200, "-h"]),
    st.integers().map(str),
    st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20),
)


@given(
    command=st.sampled_from([*COMMANDS, "", "--", "frob"]),
    arguments=st.lists(st.one_of(st.sampled_from(FLAGS), VALUES), max_size=6),
)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_typed_is_answered_without_a_traceback(
    command: str,
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # An empty folder: whatever is right about the arguments, there is nothing to serve. `new` only looks.
    monkeypatch.chdir(tmp_path)
    typed = [command, *(["--dry-run"] if command == "new" else []), *arguments]
    monkeypatch.setattr(sys, "argv", ["tcli", *typed])
    with pytest.raises(SystemExit) as left:
        main()
    shown = capsys.readouterr()
    assert left.value.code in set(ExitCode), typed
    assert "Traceback" not in shown.err, typed
    assert left.value.code == ExitCode.OK or shown.err, typed
    assert list(tmp_path.iterdir()) == []


# Odd surroundings.


def test_an_empty_environment_will_do(tmp_path: Path) -> None:
    for place in PLACES:
        done = subprocess.run(
            [*MAIN, *place, "--help"], cwd=tmp_path, env={}, capture_output=True, check=False, timeout=DEADLINE
        )
        assert (done.returncode, done.stderr) == (0, b"")


def test_a_locale_without_letters_beyond_ascii_will_do(tmp_path: Path) -> None:
    env = {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    done = tcli("serve", "grün.py", cwd=tmp_path, env=env)
    assert_one_message_and_one_hint(done, ExitCode.APP)


def test_a_terminal_of_one_column_will_do(tmp_path: Path) -> None:
    for place in PLACES:
        assert tcli(*place, "--help", cwd=tmp_path, env={"COLUMNS": "1"}).returncode == 0


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_change_no_exit_code(closed: str, tmp_path: Path) -> None:
    shell = ["sh", "-c", f'exec "$@" {closed}', "sh", *MAIN]
    for arguments, code in (("--help", ExitCode.OK), ("frob", ExitCode.USAGE)):
        done = tcli(arguments, cwd=tmp_path, command=shell)
        assert (done.returncode, "Traceback" in done.stderr) == (code, False)


def test_a_reader_that_has_gone_is_no_fault_of_ours(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*MAIN, "--help"], cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE, check=False, timeout=DEADLINE
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (ExitCode.FAILURE, b"")


@pytest.mark.outside("linux")
def test_a_full_disk_under_the_output_is_told(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*MAIN, "--help"], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, check=False, timeout=DEADLINE
        )
    assert (done.returncode, done.stderr) == (ExitCode.FAILURE, b"Error: Writing failed: No space left on device.\n")


@pytest.mark.outside("linux")
def test_a_working_directory_that_is_gone_is_told(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    for name in COMMANDS:
        shell = ["sh", "-c", 'mkdir -p "$0" && cd "$0" && rmdir "$0" && exec "$@"', str(gone), *MAIN]
        done = tcli(name, "x", cwd=tmp_path, command=shell)
        assert_one_message_and_one_hint(done, ExitCode.FAILURE)
        assert "The working directory has been deleted." in done.stderr


def test_no_color_and_a_pipe_mean_plain_text(tmp_path: Path) -> None:
    assert "\x1b" not in tcli("frob", cwd=tmp_path, env={"FORCE_COLOR": "", "TERM": "xterm"}).stderr


def test_every_command_is_in_the_group() -> None:
    context = click.Context(cli)
    assert cli.list_commands(context) == list(COMMANDS)
    assert all(cli.get_command(context, name) is not None for name in COMMANDS)
