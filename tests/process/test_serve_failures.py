"""`tcli serve`: broken code is a page, never the end; the fix is served."""

import os
import signal
import time
from pathlib import Path

import pytest
from support.process_tree import (
    children_of,
    command_of,
    wait_until_gone,
    wait_until_the_kernel_counts_later_starts_as_later,
)
from support.project import Gate, app_that_says, save, write
from support.server_process import DEADLINE, ServerProcess

GOOD = {
    "main.py": "import shop.deep.module\n" + app_that_says("fixed"),
    "shop/deep/module.py": "",
    "shop/__init__.py": "",
}
BROKEN = {
    "a syntax error": ("def f(:\n", "SyntaxError"),
    "an import error": ("import nowhere_to_be_found\n", "nowhere_to_be_found"),
    "an exception": ("1 / 0\n", "ZeroDivisionError"),
    "sys.exit(0)": ("import sys\nsys.exit(0)\n", "sys.exit(0)"),
    "os._exit(0)": ("import os\nos._exit(0)\n", "exit code 0"),
    "os._exit(3)": ("import os\nos._exit(3)\n", "exit code 3"),
    "a segmentation fault": ("import os\nos.kill(os.getpid(), 11)\n", "SIGSEGV"),
    "a KeyboardInterrupt": ("raise KeyboardInterrupt\n", "KeyboardInterrupt"),
    "too deep a recursion": ("def f(): f()\nf()\n", "RecursionError"),
    "not utf-8": ("x = '\udcff'\n", "SyntaxError"),
}


def test_broken_code_is_a_page_in_whatever_way_it_is_broken(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    module = tmp_path / "shop/deep/module.py"
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        attempt = 1
        for number, (why, (code, word)) in enumerate(BROKEN.items(), 1):
            module.write_bytes(code.encode("utf-8", "surrogateescape"))
            failure = server.wait_for_all(number, {"event": "app_failed"})[-1]
            assert word in f"{failure['message']}{failure.get('traceback', '')}", why
            assert "tornado_cli" not in str(failure.get("traceback", "")), why
            answer = server.get("/any/path", Accept="text/html")
            assert answer.status == 500, why
            assert answer.headers["content-type"].startswith("text/html")
            assert 'http-equiv="refresh"' in answer.text
            # Without --debug the browser learns that, and the terminal why.
            assert word not in answer.text, why
            attempt += 2
            module.write_text(f"x = {number}\n")
            server.wait_for("reloaded", attempt=attempt)
            assert server.get().text == "fixed", why
        assert server.stop() == 0


def test_debug_shows_the_failure_in_the_page_as_text(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": "raise ValueError('<script>alert(1)</script>')\n"})
    with ServerProcess("serve", "main:make_app", "--debug", cwd=tmp_path) as server:
        server.wait_for("app_failed")
        answer = server.get(Accept="text/html")
        assert answer.status == 500
        assert "ValueError: &lt;script&gt;alert(1)" in answer.text
        assert "<script>" not in answer.text
        assert "ValueError: <script>alert(1)" in server.get().text


def test_a_first_start_that_fails_waits_for_the_fix(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": "import nowhere_to_be_found\n" + app_that_says("fixed")})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("app_failed")
        assert server.get().status == 500
        save(tmp_path / "main.py", app_that_says("fixed"))
        server.wait_for("reloaded")
        assert server.get().text == "fixed"


def test_a_factory_or_lifespan_that_fails_is_a_page(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("one")})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        ending = "\nfrom contextlib import asynccontextmanager\n@asynccontextmanager\nasync def lifespan(app):\n"
        save(tmp_path / "main.py", app_that_says("one") + ending + "    raise OSError('no database')\n    yield\n")
        assert "no database" in str(server.wait_for("app_failed"))
        assert server.get().status == 500
        save(tmp_path / "main.py", app_that_says("two").replace("return App", "return 42 or App"))
        server.wait_for_all(2, {"event": "app_failed"})
        save(tmp_path / "main.py", app_that_says("fixed"))
        server.wait_for("reloaded", attempt=4)
        assert server.get().text == "fixed"


def test_an_endless_import_is_a_page_that_asks_for_patience_and_the_fix_is_served(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    write(tmp_path, {"main.py": app_that_says("one")})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        save(tmp_path / "main.py", gate.code + app_that_says("slow"))
        gate.wait_for_somebody()
        answer = server.get()
        assert answer.status == 503
        assert answer.headers["retry-after"]
        # It may still come to its end.
        gate.open()
        server.wait_for("reloaded", attempt=2)
        assert server.get().text == "slow"
        save(tmp_path / "main.py", "while True: pass\n" + app_that_says("one"))
        save(tmp_path / "main.py", app_that_says("fixed"))
        server.wait_for_reload_of("main.py", count=2)
        assert server.get().text == "fixed"
        assert server.stop() == 0


def test_an_application_that_dies_while_it_serves_is_a_page_until_the_next_save(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("one").replace('"one"', "str(__import__('os').getpid())")})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        os.kill(int(server.get().text), signal.SIGKILL)
        assert "SIGKILL" in str(server.wait_for("app_failed")["message"])
        assert server.get().status == 500
        save(tmp_path / "main.py", app_that_says("fixed"))
        server.wait_for("reloaded")
        assert server.get().text == "fixed"


def test_the_death_of_the_forkserver_costs_no_more_than_a_restart(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("one")})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready", attempt=1)
        [forkserver] = children_of(server.pid)
        os.kill(forkserver, signal.SIGKILL)
        server.wait_for("forkserver_died")
        server.wait_for("ready", attempt=2)
        assert server.get().text == "one"
        assert server.stop() == 0


def test_without_its_server_nothing_is_left_in_two_seconds(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("one").replace('self.write("one")', "__import__('time').sleep(3600)")})
    with ServerProcess("serve", cwd=tmp_path, alone=True) as server:
        server.wait_for("ready")
        with server.connect() as client:
            client.ask()
            server.send(signal.SIGKILL)
            server.wait_until_nothing_is_left(2.0)
        server.assert_port_is_free()


def test_a_project_that_is_not_installed_is_told_how(tmp_path: Path) -> None:
    needs = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["no-such-thing>=1"]\n'
    write(tmp_path, {"main.py": "import no_such_thing\n" + app_that_says("one"), "pyproject.toml": needs})
    with ServerProcess("serve", cwd=tmp_path) as server:
        told = str(server.wait_for("app_failed")["message"])
        assert "no-such-thing of pyproject.toml is not installed. Install them: python -m pip install -e ." in told


def test_what_the_application_started_goes_with_it(tmp_path: Path) -> None:
    start = "import subprocess\nsubprocess.Popen(['sleep', '3600'], start_new_session=True)\n"
    write(tmp_path, {"main.py": start + app_that_says("one")})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert [pid for pid in server.tree() if "sleep" in command_of(pid)]
        assert server.stop() == 0
        assert not server.tree()


@pytest.mark.parametrize("started", ["cold", "warm"])
def test_what_an_older_process_started_is_gone_after_a_reload(tmp_path: Path, started: str) -> None:
    start = "import subprocess\nsubprocess.Popen(['sleep', '3600'], start_new_session=True)\n"
    write(tmp_path, {"main.py": app_that_says("one")})
    with ServerProcess("serve", cwd=tmp_path) as server:
        server.wait_for("ready")
        if started == "warm":
            save(tmp_path / "main.py", "import sqlite3\n" + app_that_says("two"))
            server.wait_for("reloaded", attempt=2)
        save(tmp_path / "main.py", start + app_that_says("three"))
        server.wait_for("reloaded", attempt=3 if started == "warm" else 2)
        [sleeping] = [pid for pid in server.tree() if "sleep" in command_of(pid)]
        wait_until_the_kernel_counts_later_starts_as_later(sleeping)
        save(tmp_path / "main.py", app_that_says("four"))
        assert wait_until_gone([sleeping], time.monotonic() + DEADLINE)


def test_an_application_that_kills_what_forks_it_ends_the_server_with_a_word(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": "import os\nos.kill(os.getppid(), 9)\n" + app_that_says("one")})
    with ServerProcess("serve", cwd=tmp_path) as server:
        assert server.wait_for_exit() == 1
        assert "forkserver" in str(server.wait_for("app_failed")["message"])
        server.wait_until_nothing_is_left(2.0)
