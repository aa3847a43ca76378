"""`tcli serve`: debuggers and questions at the terminal work in the application as in a plain script."""

import os
import signal
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.connection import Connection
from support.project import save, write
from support.terminal import CTRL_C, CTRL_Z, SERVE, OnTerminal

# Python may have been about to read: then it looks for signals at the end of the line.
INTERRUPT = CTRL_C + b"\n"
PROMPT = r"\(Pdb\) "
IMPORTS = """
import asyncio, code, getpass, os, pdb, sys
from tornado.web import Application, RequestHandler
"""
HANDLER = """
class {name}(RequestHandler):
    async def get(self):
        answer = "nothing"
        {does}
        self.write("answer: %s" % (answer,))
"""
MAKE_APP = """
def make_app():
    return Application([{routes}])
"""
POST_MORTEM = """try:
            1 / 0
        except ZeroDivisionError as error:
            pdb.post_mortem(error.__traceback__)"""


def handler(name: str, does: str) -> str:
    return HANDLER.replace("{name}", name).replace("{does}", does)


def make_app(*routes: str) -> str:
    return MAKE_APP.replace("{routes}", ", ".join(routes))


def app_that(does: str) -> str:
    return IMPORTS + handler("Main", does) + make_app("('/', Main)")


@contextmanager
def served(folder: Path, does: str, *options: str) -> Iterator[OnTerminal]:
    write(folder, {"main.py": app_that(does)})
    with OnTerminal([*SERVE, *options], cwd=folder) as terminal:
        yield terminal


@contextmanager
def asking(port: int, path: str = "/") -> Iterator[Connection]:
    """Ask for a page, and read no answer yet."""
    with Connection(port) as client:
        client.ask(path)
        yield client


def assert_left_as_found(terminal: OnTerminal) -> None:
    terminal.read_until_keys()
    terminal.type(b"q")
    assert terminal.wait_for_exit() == 0
    assert terminal.modes() == terminal.found


@dataclass(frozen=True)
class Reading:
    """A handler that reads the terminal."""

    does: str
    shown: str
    typed: bytes
    expected: str


READINGS = {
    "breakpoint": Reading("breakpoint()", PROMPT, b"answer = 6 * 7;; c\n", "answer: 42"),
    "set_trace": Reading("pdb.set_trace()", PROMPT, b"answer = 6 * 7;; c\n", "answer: 42"),
    "post_mortem": Reading(POST_MORTEM, PROMPT, b"q\n", "answer: nothing"),
    "input": Reading("answer = input('who? ')", r"who\? ", b"Adx\x7fa\n", "answer: Ada"),
    "thread": Reading("answer = await asyncio.to_thread(input, 'name? ')", r"name\? ", b"Ada\n", "answer: Ada"),
    "getpass": Reading("answer = getpass.getpass('word: ')", "word: ", b"secret\n", "answer: secret"),
    "line": Reading("answer = sys.stdin.readline().strip()", "", b"Ada\n", "answer: Ada"),
    "bytes": Reading("answer = sys.stdin.buffer.readline()", "", b"Ada\n", r"answer: b'Ada\n'"),
    "interact": Reading(
        "found = {}; code.interact('hello', local=found); answer = found['x']", ">>> ", b"x = 7\n\x04", "answer: 7"
    ),
}
"""By the path at which each is asked for."""


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnTerminal]:
    """All of them in one application."""
    handlers = [handler(f"Reads_{name}", reading.does) for name, reading in READINGS.items()]
    routes = [f"('/{name}', Reads_{name})" for name in READINGS]
    folder = write(tmp_path_factory.mktemp("reader"), {"main.py": IMPORTS + "".join(handlers) + make_app(*routes)})
    with OnTerminal(SERVE, cwd=folder) as terminal:
        yield terminal
        assert_left_as_found(terminal)


@pytest.fixture(scope="module")
def reader_port(reader: OnTerminal) -> int:
    return reader.port()


@pytest.mark.parametrize("name", READINGS)
def test_who_reads_the_terminal_has_it(reader: OnTerminal, reader_port: int, name: str) -> None:
    reading = READINGS[name]
    reader.read_until_keys()
    with asking(reader_port, f"/{name}") as client:
        if reading.shown:
            reader.read_until(reading.shown)
        else:
            reader.read_until_lines()
        reader.type(reading.typed)
        assert client.answer().text == reading.expected
    assert "secret" not in reader.shown
    reader.read_until_keys()


def test_a_line_can_be_edited_at_the_prompt(tmp_path: Path) -> None:
    with served(tmp_path, "breakpoint()") as terminal:
        with asking(terminal.port()) as client:
            terminal.read_until(PROMPT)
            # Home, and the beginning typed last.
            terminal.type(b"= 6 * 7\x01answer \n")
            terminal.read_until(PROMPT)
            terminal.type(b"c\n")
            assert client.answer().text == "answer: 42"
        assert_left_as_found(terminal)


# After `next` at its end a coroutine runs on without a prompt.
@pytest.mark.parametrize("end", [pytest.param("c", marks=pytest.mark.thorough), "n"])
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
            assert client.answer().text == "answer: old"
        assert_left_as_found(terminal)


def test_ctrl_c_at_a_prompt_is_the_debuggers(tmp_path: Path) -> None:
    with served(tmp_path, "breakpoint()") as terminal:
        with asking(terminal.port()) as client:
            terminal.read_until(PROMPT)
            terminal.type(INTERRUPT)
            terminal.read_until("--KeyboardInterrupt--")
            terminal.read_until(PROMPT)
            terminal.type(b"c\n")
            assert client.answer().text == "answer: nothing"
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
            assert client.answer().text == "answer: 1"
        terminal.read_until_keys()
        terminal.type(b"q")
        terminal.read_until("Stopped.")


def test_what_is_typed_ahead_of_a_question_is_its_answer_and_no_key(tmp_path: Path) -> None:
    with served(tmp_path, "answer = input('one? '); answer += input('two? ')") as terminal:
        with asking(terminal.port()) as client:
            terminal.read_until(r"one\? ")
            terminal.type(b"q\nq\nq")
            assert client.answer().text == "answer: qq"
        assert "Stopped" not in terminal.shown
        assert_left_as_found(terminal)


def test_without_a_terminal_nothing_is_claimed(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that("answer = sys.stdin.read()")})
    piped = f"echo piped | {sys.executable} -m tornado_cli serve -p 0"
    with OnTerminal(("sh", "-c", piped), cwd=tmp_path) as terminal, asking(terminal.port()) as client:
        assert client.answer().text == "answer: piped\n"
        assert terminal.modes()[3] & termios.ICANON
