"""`tcli serve` on a terminal: its banner, its keys, and the terminal left as it was found."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.process_tree import children_of, wait_until_gone
from support.project import app_that_says, write
from support.terminal import CTRL_BACKSLASH, CTRL_C, CTRL_Z, DEADLINE, SERVE, OnTerminal

QUOTED_SERVE = f"{sys.executable} -m tornado_cli serve -p 0"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write(tmp_path, {"main.py": app_that_says("one")})


def test_the_banner_says_where_what_and_how(project: Path) -> None:
    with OnTerminal(SERVE, cwd=project) as terminal:
        terminal.read_until(r"tcli serve  http://127\.0\.0\.1:\d+")
        terminal.read_until(r"app +main:make_app")
        terminal.read_until(rf"watching +{project}")
        terminal.read_until(r"keys +r reload · o open · c clear · q quit · h help")
        assert "network" not in terminal.shown


def test_each_key_does_what_the_banner_says(project: Path) -> None:
    with OnTerminal(SERVE, cwd=project) as terminal:
        terminal.port()
        assert terminal.gives_keys()
        terminal.type(b"h")
        terminal.read_until("r reload")
        terminal.type(b"r")
        terminal.read_until("Ready in")
        terminal.type(b"o")
        terminal.read_until("No screen here")
        terminal.type(b"c")
        terminal.read_until("\x1b\\[2J")
        terminal.type(b"\n")
        terminal.read_until("\r\n")
        terminal.type(b"q")
        assert terminal.wait_for_exit() == 0
        assert terminal.modes() == terminal.found
        assert "Stopped." in terminal.shown


@pytest.mark.parametrize("key", [CTRL_C, pytest.param(CTRL_BACKSLASH, marks=pytest.mark.thorough)])
def test_keys_that_are_signals_are_signals(project: Path, key: bytes) -> None:
    with OnTerminal(SERVE, cwd=project) as terminal:
        terminal.port()
        terminal.type(key)
        assert terminal.wait_for_exit() == 0
        # D7
        assert terminal.modes() == terminal.found
        assert "Traceback" not in terminal.shown


def test_the_terminal_is_as_it_was_after_a_term(project: Path) -> None:
    with OnTerminal(SERVE, cwd=project) as terminal:
        terminal.port()
        terminal.send(signal.SIGTERM)
        assert terminal.wait_for_exit() == 0
        assert terminal.modes() == terminal.found


# dash, for one, leaves the modes of a terminal to those who change them.
SHELL = ("sh", "-i")


def test_while_it_is_stopped_the_terminal_is_the_shells_and_then_ours_again(project: Path) -> None:
    # D8
    with OnTerminal(SHELL, cwd=project, env={"PS1": "prompt: "}) as terminal:
        terminal.read_until("prompt: ")
        terminal.type(f"{QUOTED_SERVE}\n".encode())
        terminal.port()
        assert terminal.gives_keys()
        for _ in range(2):
            terminal.type(CTRL_Z)
            terminal.read_until("Stopped|Suspended")
            terminal.read_until("prompt: ")
            assert terminal.modes() == terminal.found
            terminal.type(b"fg\n")
            terminal.read_until("tornado_cli")
            terminal.read_until_keys()
            terminal.type(b"r")
            terminal.read_until("Ready in")
        terminal.type(b"q")
        terminal.read_until("Stopped.")
        terminal.read_until("prompt: ")
        assert terminal.modes() == terminal.found


@pytest.mark.outside("linux")
def test_a_server_that_is_killed_leaves_the_terminal_as_it_was(project: Path) -> None:
    # D7, D8
    with OnTerminal(SHELL, cwd=project, env={"PS1": "prompt: "}) as terminal:
        terminal.read_until("prompt: ")
        terminal.type(f"{QUOTED_SERVE}\n".encode())
        terminal.port()
        terminal.read_until_keys()
        [server] = children_of(terminal.pid)
        tree = terminal.tree()
        os.kill(server, signal.SIGKILL)
        terminal.read_until("prompt: ")
        assert wait_until_gone(tree, time.monotonic() + DEADLINE)
        assert terminal.modes() == terminal.found


@pytest.mark.outside("bash", "linux")
def test_what_a_shell_has_set_after_a_kill_stays(project: Path) -> None:
    """Many shells take care themselves; a guard that came after them would break their line editing."""
    with OnTerminal(("bash", "--norc", "-i"), cwd=project, env={"PS1": "prompt: "}) as terminal:
        terminal.read_until("prompt: ")
        editing = terminal.modes()
        terminal.type(f"{QUOTED_SERVE}\n".encode())
        terminal.port()
        terminal.read_until_keys()
        [server] = children_of(terminal.pid)
        tree = terminal.tree()
        os.kill(server, signal.SIGKILL)
        terminal.read_until("prompt: ")
        assert wait_until_gone(tree, time.monotonic() + DEADLINE)
        assert terminal.modes() == editing


def test_in_the_background_it_reads_no_keys_and_is_not_stopped(project: Path) -> None:
    with OnTerminal(SHELL, cwd=project, env={"PS1": "prompt: "}) as terminal:
        terminal.read_until("prompt: ")
        terminal.type(f"{QUOTED_SERVE} &\n".encode())
        terminal.read_until("Ctrl-C ends it")
        terminal.read_until("Ready in")
        assert terminal.modes() == terminal.found
        terminal.type(b"echo q''q\n")
        terminal.read_until("qq")
        terminal.type(b"kill $!; wait $!; echo code $?\n")
        terminal.read_until("code 0")
        assert terminal.modes() == terminal.found


def test_without_a_terminal_on_both_sides_there_are_no_keys(project: Path) -> None:
    for elsewhere in ("< /dev/null", "| cat"):
        with OnTerminal(("sh", "-c", f"{QUOTED_SERVE} {elsewhere}"), cwd=project) as terminal:
            terminal.read_until("Ready in")
            assert terminal.modes() == terminal.found
            assert "q quit" not in terminal.shown


def browser_that_tells(folder: Path) -> tuple[Path, Path]:
    """Return a browser that writes each page it is given to a pipe, and the pipe."""
    pipe, browser = folder / "pages", folder / "browser"
    os.mkfifo(pipe)
    browser.write_text(f'#!/bin/sh\necho "$1" >> {folder}/opened\necho "$1" > {pipe}\n')
    browser.chmod(browser.stat().st_mode | stat.S_IXUSR)
    return browser, pipe


def test_open_opens_the_page_when_it_is_ready_once_and_the_key_again(project: Path) -> None:
    browser, pipe = browser_that_tells(project)
    with OnTerminal([*SERVE, "--open"], cwd=project, env={"BROWSER": f"{browser} %s"}) as terminal:
        port = terminal.port()
        assert pipe.read_text() == f"http://127.0.0.1:{port}\n"
        terminal.type(b"r")
        terminal.read_until("Ready in")
        terminal.type(b"o")
        assert pipe.read_text() == f"http://127.0.0.1:{port}\n"
        assert len((project / "opened").read_text().splitlines()) == 2
        terminal.type(b"q")
        assert terminal.wait_for_exit() == 0


def test_open_waits_for_code_that_is_broken(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": "1 / 0\n"})
    with OnTerminal([*SERVE, "main:make_app", "--open"], cwd=tmp_path) as terminal:
        terminal.read_until("Waiting for a change")
        assert "No screen" not in terminal.shown
        write(tmp_path, {"main.py": app_that_says("one")})
        terminal.read_until("Reloaded in")
        terminal.read_until("No screen")


def test_nobody_is_waited_for_when_the_terminal_is_stopped(project: Path) -> None:
    """As by Ctrl-S: what is shown waits, what is served does not."""
    with OnTerminal(SERVE, cwd=project) as terminal:
        port = terminal.port()
        terminal.type(b"\x13")
        terminal.type(b"cchh")
        write(project, {"main.py": app_that_says("two")})
        ask = f"import urllib.request as u\nwhile u.urlopen('http://127.0.0.1:{port}').read() != b'two': pass"
        subprocess.run([sys.executable, "-c", ask], check=True, timeout=20)
        terminal.type(b"\x11q")
        assert terminal.wait_for_exit() == 0
