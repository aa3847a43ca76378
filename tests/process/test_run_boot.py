"""`tcli run`: an application that cannot start is shown once, and ends it with 3."""

from pathlib import Path

import pytest
from support.project import app_that_says, write
from support.server_process import ServerProcess

MAKE_APP = "def make_app():\n    pass\n"
BROKEN = {
    "an import that fails": ("import nowhere_to_be_found\n", "ModuleNotFoundError", True),
    "a syntax error": ("def f(:\n", "SyntaxError", True),
    "sys.exit(0)": ("import sys\nsys.exit(0)\n", "sys.exit(0)", True),
    "os._exit(0)": ("import os\nos._exit(0)\n", "ended with exit code 0", False),
    "a segmentation fault": ("import os\nos.kill(os.getpid(), 11)\n", "killed by SIGSEGV", False),
    "a factory that raises": ("def make_app():\n    raise RuntimeError('no database')\n", "no database", True),
    "a factory of something else": ("def make_app():\n    return 42\n", "int", False),
    "sys.exit(7)": ("import sys\nsys.exit(7)\n", "sys.exit(7)", True),
    "os._exit(9)": ("import os\nos._exit(9)\n", "ended with exit code 9", False),
}
# Much as others of them.
LIKE_OTHERS = ("an import that fails", "sys.exit(7)", "os._exit(9)")
EACH = [pytest.param(why, marks=[pytest.mark.thorough] if why in LIKE_OTHERS else []) for why in BROKEN]


@pytest.mark.parametrize("why", EACH)
def test_an_application_that_cannot_start_is_shown_once(tmp_path: Path, why: str) -> None:
    code, shown, has_traceback = BROKEN[why]
    write(tmp_path, {"main.py": code if "make_app" in code else code + MAKE_APP})
    with ServerProcess("run", "main:make_app", "--workers", "3", cwd=tmp_path) as server:
        assert server.wait_for_exit() == 3, server.told()
        [failure] = server.seen("app_failed")
        assert shown in str(failure)
        assert ("Traceback" in str(failure.get("traceback")) or "SyntaxError" in str(failure)) == has_traceback
        assert "tornado_cli" not in str(failure.get("traceback", ""))
        assert server.told().count("Traceback (most recent call last)") <= 1
        assert not server.seen("ready")
        server.wait_until_nothing_is_left(2.0)


def test_an_application_that_does_not_come_to_an_end_of_its_start_is_given_up(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": f"while True: pass\n{MAKE_APP}"})
    with ServerProcess("run", "main:make_app", "--boot-timeout", "0.5", cwd=tmp_path) as server:
        assert server.wait_for_exit() == 3
        server.wait_for("worker_killed")
        server.wait_until_nothing_is_left(2.0)


def test_what_it_printed_before_it_failed_is_shown(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": "print('last words')\nraise SystemExit(1)\n"})
    with ServerProcess("run", "main:make_app", cwd=tmp_path) as server:
        assert server.wait_for_exit() == 3
        server.wait_for(message="last words")


# More of them are typed in tests/cli/test_cli.py.
@pytest.mark.parametrize(
    "arguments",
    [
        ["main:make_ap"],
        *(
            pytest.param(more, marks=pytest.mark.thorough)
            for more in (["nowhere.py"], ["--workers", "-1"], ["--loop", "gevent"])
        ),
    ],
)
def test_a_mistake_on_the_command_line_is_one_message(tmp_path: Path, arguments: list[str]) -> None:
    write(tmp_path, {"main.py": app_that_says("one")})
    with ServerProcess("run", *arguments, cwd=tmp_path) as server:
        assert server.wait_for_exit() in {2, 3}
        assert "Traceback" not in server.told()


def test_without_an_application_it_says_where_it_looked(tmp_path: Path) -> None:
    with ServerProcess("run", cwd=tmp_path) as server:
        assert server.wait_for_exit() == 3
        assert "main.py" in server.stderr


def test_a_port_that_is_taken_is_named_with_its_holder(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": app_that_says("one")})
    with ServerProcess("run", cwd=tmp_path) as first:
        first.wait_for("ready")
        with ServerProcess("run", cwd=tmp_path, port=first.port) as second:
            assert second.wait_for_exit() == 1
            assert str(first.pid) in second.stderr
            assert str(first.port) in second.stderr


def test_factories_and_lifespan_of_every_kind_are_entered_and_left(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": WITH_LIFESPAN})
    with ServerProcess("run", "main:make_app('hello')", cwd=tmp_path) as server:
        server.wait_for(message="entered")
        server.wait_for("ready")
        assert server.get().text == "hello"
        assert server.stop() == 0
        server.wait_for(message="left")


WITH_LIFESPAN = """
import asyncio, contextlib
from tornado.web import Application, RequestHandler

class Main(RequestHandler):
    def get(self):
        self.write(self.settings["word"])

async def make_app(word):
    await asyncio.sleep(0)
    return Application([("/", Main)], word=word)

@contextlib.asynccontextmanager
async def lifespan(app):
    print("entered")
    yield
    await asyncio.sleep(0)
    print("left")
"""
