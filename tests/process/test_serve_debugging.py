"""`tcli serve`: debuggers and questions at the terminal work in the application as in a plain script."""

import os
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.project import save, write
from support.terminal import CTRL_C, CTRL_Z, SERVE, OnTerminal

# Python may have been about to read: then it looks for signals at the end of the line.
INTERRUPT = CTRL_C + b"\n"
PROMPT = r"\(Pdb\) "
APP = """
import asyncio, code, getpass, os, pdb, sys
from tornado.web import Application, RequestHandler

class Main(RequestHandler):
    async def get(self):
        answer = "nothing"
        {does}
        self.write(f"answer: {answer}")

def make_app():
    return Application([("/", Main)])
"""
POST_MORTEM = """try:
            1 / 0
        except ZeroDivisionError as error:
            pdb.post_mortem(error.__traceback__)"""


def app_that(does: str) -> str:
    return APP.replace("{does}", does)


@contextmanager
def served(folder: Path, does: str, *options: str) -> Iterator[OnTerminal]:
    write(folder, {"main.py": app_that(does)})
    with OnTerminal([*SERVE, *options], cwd=folder) as terminal:
        yield terminal


@contextmanager
def asking(port: int) -> Iterator[subprocess.Popen[str]]:
    """Ask for the page in the block; the answer is printed by another process, as everything else here may block."""
    code = (
        "import sys, urllib.request as u, urllib.error as e\n"
        "try: print(u.urlopen(sys.argv[1], timeout=30).read().decode())\n"
        "except (e.URLError, ConnectionError) as error: print(error)"
    )
    client = subprocess.Popen(
        [sys.executable, "-c", code, f"http://127.0.0.1:{port}/"], stdout=subprocess.PIPE, text=True
    )
    try:
        yield client
    finally:
        client.kill()
        client.communicate()


def answer_to(client: subprocess.Popen[str]) -> str:
    return client.communicate(timeout=30)[0].strip()


def assert_left_as_found(terminal: OnTerminal) -> None:
    terminal.read_until_keys()
    terminal.type(b"q")
    assert terminal.wait_for_exit() == 0
    assert terminal.modes() == terminal.found


@pytest.mark.parametrize(
    ("does", "shown", "typed", "expected"),
    [
        ("breakpoint()", PROMPT, b"answer = 6 * 7;; c\n", "answer: 42"),
        ("pdb.set_trace()", PROMPT, b"answer = 6 * 7;; c\n", "answer: 42"),
        (POST_MORTEM, PROMPT, b"q\n", "answer: nothing"),
        ("answer = input('who? ')", r"who\? ", b"Adx\x7fa\n", "answer: Ada"),
        ("answer = await asyncio.to_thread(input, 'who? ')", r"who\? ", b"Ada\n", "answer: Ada"),
        ("answer = getpass.getpass('word: ')", "word: ", b"secret\n", "answer: secret"),
        ("answer = sys.stdin.readline().strip()", "", b"Ada\n", "answer: Ada"),
        ("answer = sys.stdin.buffer.readline()", "", b"Ada\n", r"answer: b'Ada\n'"),
        ("found = {}; code.interact('hello', local=found); answer = found['x']", ">>> ", b"x = 7\n\x04", "answer: 7"),
    ],
)
def test_who_reads_the_terminal_has_it(tmp_path: Path, does: str, shown: str, typed: bytes, expected: str) -> None:
    with served(tmp_path, does) as terminal:
        port = terminal.port()
        with asking(port) as client:
            if shown:
                terminal.read_until(shown)
            else:
                terminal.read_until_lines()
            terminal.type(typed)
            assert answer_to(client) == expected
        assert "secret" not in terminal.shown
        assert_left_as_found(terminal)


def test_a_line_can_be_edited_at_the_prompt(tmp_path: Path) -> None:
    with served(tmp_path, "breakpoint()") as terminal:
        with asking(terminal.port()) as client:
            terminal.read_until(PROMPT)
            # Home, and the beginning typed last.
            terminal.type(b"= 6 * 7\x01answer \n")
            terminal.read_until(PROMPT)
            terminal.type(b"c\n")
            assert answer_to(client) == "answer: 42"
        assert_left_as_found(terminal)


# After `next` at its end a coroutine runs on without a prompt.
@pytest.mark.parametrize("end", ["c", "n"])
def test_a_save_waits_for_who_debugs_over_steps_too(tmp_path: Path, end: str) -> None:
    with served(tmp_path, "breakpoint()\n        answer = 'old'") as terminal:
        with asking(terminal.port()) as client:
            terminal.read_until(PROMPT)
            save(tmp_path / "main.py", app_that("answer = 'new'"))
            terminal.read_until(r"main\.py: as soon as")
            terminal.type(b"n\n")
            terminal.read_until(PROMPT)
            assert "Reloaded" not in terminal.shown
            terminal.type(f"{end}\n".encode())
            while not terminal.read_until(rf"{PROMPT}|Reloaded in \d+ ms: main\.py")[0].startswith("Reloaded"):
                terminal.type(f"{end}\n".encode())
            assert answer_to(client) == "answer: old"
        assert_left_as_found(terminal)


def test_ctrl_c_at_a_prompt_is_the_debuggers(tmp_path: Path) -> None:
    with served(tmp_path, "breakpoint()") as terminal:
        with asking(terminal.port()) as client:
            terminal.read_until(PROMPT)
            terminal.type(INTERRUPT)
            terminal.read_until("--KeyboardInterrupt--")
            terminal.read_until(PROMPT)
            terminal.type(b"c\n")
            assert answer_to(client) == "answer: nothing"
        terminal.read_until_keys()
        terminal.type(CTRL_C)
        assert terminal.wait_for_exit() == 0
        assert terminal.modes() == terminal.found


def test_ctrl_c_at_a_question_ends_the_application_not_the_server(tmp_path: Path) -> None:
    with served(tmp_path, "input('who? ')") as terminal:
        with asking(terminal.port()):
            terminal.read_until(r"who\? ")
            terminal.type(INTERRUPT)
            terminal.read_until("KeyboardInterrupt")
            terminal.read_until("Waiting for a change")
        save(tmp_path / "main.py", app_that("pass"))
        terminal.read_until("Reloaded in")
        assert_left_as_found(terminal)


def test_a_breakpoint_while_it_is_imported_is_one(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": "word = 'old'\nbreakpoint()\n" + app_that("answer = word")})
    with OnTerminal([*SERVE, "main:make_app"], cwd=tmp_path) as terminal:
        terminal.read_until(PROMPT)
        terminal.type(b"word = 'new';; c\n")
        terminal.read_until("Ready in")
        assert_left_as_found(terminal)


def test_whoever_dies_without_echo_leaves_the_terminal_with_it(tmp_path: Path) -> None:
    # D7
    with served(tmp_path, "print(f'pid {os.getpid()}.', flush=True); getpass.getpass('word: ')") as terminal:
        with asking(terminal.port()):
            pid = int(terminal.read_until(r"pid (\d+)\.")[1])
            terminal.read_until("word: ")
            os.kill(pid, signal.SIGKILL)
            terminal.read_until("was killed by SIGKILL")
        assert_left_as_found(terminal)


def test_a_term_does_not_wait_for_who_debugs(tmp_path: Path) -> None:
    with served(tmp_path, "breakpoint()", "--reload-grace", "0.1") as terminal, asking(terminal.port()):
        terminal.read_until(PROMPT)
        terminal.send(signal.SIGTERM)
        assert terminal.wait_for_exit() == 0
        assert terminal.modes() == terminal.found


def test_a_prompt_can_be_left_for_the_shell_and_come_back_to(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that("breakpoint()")})
    with OnTerminal(("sh", "-i"), cwd=tmp_path, env={"PS1": "shell: "}) as terminal:
        terminal.read_until("shell: ")
        terminal.type(f"{sys.executable} -m tornado_cli serve -p 0\n".encode())
        with asking(terminal.port()) as client:
            terminal.read_until(PROMPT)
            terminal.type(CTRL_Z)
            terminal.read_until("Stopped|Suspended")
            terminal.read_until("shell: ")
            terminal.type(b"fg\n")
            terminal.read_until("tornado_cli")
            terminal.type(b"answer = 1;; c\n")
            assert answer_to(client) == "answer: 1"
        terminal.read_until_keys()
        terminal.type(b"q")
        terminal.read_until("Stopped.")


def test_what_is_typed_ahead_of_a_question_is_its_answer_and_no_key(tmp_path: Path) -> None:
    with served(tmp_path, "answer = input('one? '); answer += input('two? ')") as terminal:
        with asking(terminal.port()) as client:
            terminal.read_until(r"one\? ")
            terminal.type(b"q\nq\nq")
            assert answer_to(client) == "answer: qq"
        assert "Stopped" not in terminal.shown
        assert_left_as_found(terminal)


def test_without_a_terminal_nothing_is_claimed(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that("answer = sys.stdin.read()")})
    piped = f"echo piped | {sys.executable} -m tornado_cli serve -p 0"
    with OnTerminal(("sh", "-c", piped), cwd=tmp_path) as terminal, asking(terminal.port()) as client:
        assert answer_to(client) == "answer: piped"
        assert terminal.modes()[3] & termios.ICANON
