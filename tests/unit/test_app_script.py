"""Running a script as `__main__`: in a child process each, and compared with Python itself."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# Finds what its first argument names and runs it, as an application process does.
LAUNCHER = """
import sys
from pathlib import Path
from tornado_cli.app.discover import find_target
from tornado_cli.app.script import run_script
target = find_target(sys.argv[1], Path.cwd(), script=True, environ={}, configured=None)
run_script(target, sys.argv[2:])
print("ended")
"""
# What a script can see of how it is run.
MIRROR = """
import inspect, json, sys, warnings
names = ("__name__", "__package__", "__cached__", "__doc__")
here = {name: globals().get(name, "missing") for name in names}
here["loader"] = type(__loader__).__name__
here["spec"] = __spec__ and __spec__.name
here["builtins"] = type(__builtins__).__name__
here["file"] = __file__
here["argv"] = sys.argv[1:]
here["path"] = sys.path[0]
here["is_main"] = sys.modules["__main__"].__dict__ is globals()
def shown(): "see me"
here["source"] = inspect.getsource(shown)
print(json.dumps(here))
"""


def run(folder: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-B", *arguments], cwd=folder, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == code, done.stderr
    return done


def seen(done: subprocess.CompletedProcess[str]) -> Any:
    return json.loads(done.stdout.splitlines()[0])


def test_a_file_sees_what_it_would_see_under_python(tmp_path: Path) -> None:
    (tmp_path / "shown.py").write_text(MIRROR)
    ours = run(tmp_path, "-c", LAUNCHER, "shown.py", "--port=1", "x")
    assert seen(ours) == seen(run(tmp_path, "shown.py", "--port=1", "x"))
    assert ours.stdout.endswith("ended\n")


def test_a_package_sees_what_it_would_see_under_python_m(tmp_path: Path) -> None:
    package = tmp_path / "shop"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text("from . import part\n" + MIRROR)
    (package / "part.py").write_text("")
    ours, theirs = seen(run(tmp_path, "-c", LAUNCHER, "shop", "x")), seen(run(tmp_path, "-m", "shop", "x"))
    assert ours == theirs
    assert ours["spec"] == "shop.__main__"


def test_futures_of_our_own_files_are_not_the_scripts(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("def f(x: int): ...\nassert f.__annotations__ == {'x': int}\n")
    run(tmp_path, "-c", "from __future__ import annotations\n" + LAUNCHER, "script.py")


@pytest.mark.parametrize(("statement", "code"), [("raise SystemExit(7)", 7), ("1 / 0", 1)])
def test_how_a_script_ends_is_its_own_business(tmp_path: Path, statement: str, code: int) -> None:
    (tmp_path / "script.py").write_text(f"print('begun')\n{statement}\n")
    done = run(tmp_path, "-c", LAUNCHER, "script.py", code=code)
    assert done.stdout == "begun\n"
    assert ("    1 / 0" in done.stderr) is (code == 1)


def test_spawned_processes_find_the_script_again(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("""
import multiprocessing

def double(number):
    return number * 2

if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.map(double, [21]))
""")
    assert run(tmp_path, "-c", LAUNCHER, "script.py").stdout.startswith("[42]")


def test_a_script_that_went_away_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("")
    launcher = LAUNCHER.replace("run_script(", "target.path.unlink()\nrun_script(")
    assert "script.py cannot be read: No such file" in run(tmp_path, "-c", launcher, "script.py", code=1).stderr
