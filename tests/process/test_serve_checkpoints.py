"""`tcli serve` of a large project: wherever a start goes on from, it is what a start from the beginning would be."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.project import app_that_says, save, write
from support.server_process import ServerProcess
from support.trouble import let_pass

MODULES = 8
EDITS = 10
IDLE = 0.25
"""Seconds in which something may be prepared; whether it was or not, the result must be the same."""
RECORD = """
NOTES = []

def note(name, version):
    NOTES.append([name, version])
"""
# Each takes long enough that a checkpoint behind it pays.
MODULE = """
import dataclasses, time
from shop.record import note
VERSION = {version}
{before}
time.sleep(0.02)

@dataclasses.dataclass(order=True)
class Item:
    version{fields}: int = VERSION

note(__name__, repr([Item(), Item() < Item(-1)]))
{after}
"""
MAIN = """
import json
import shop.m0
from shop.record import NOTES
print("facts " + json.dumps(NOTES), flush=True)
"""
FAST = ["--log-level", "tornado_cli.serve=debug"]


class Shop:
    """A random project, and random ways to change it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._random = random.Random(seed)
        self._versions = dict.fromkeys(range(MODULES), 0)
        self._imports = {number: self._some_imports(number) for number in range(MODULES)}
        self._plugins: set[str] = set()
        write(folder, {"main.py": MAIN + app_that_says("one"), "shop/__init__.py": "", "shop/record.py": RECORD})
        for number in range(MODULES):
            self._write(number)

    def change(self) -> None:
        """Make one change, as a person would."""
        ways = [self._edit, self._import_otherwise, self._plug_in, self._unplug, self._rename]
        self._random.choices(ways, [6, 2, 1, 1, 1])[0]()

    def _some_imports(self, number: int) -> tuple[list[int], list[int]]:
        later = [other for other in range(number + 1, MODULES) if other == number + 1 or self._random.random() < 0.3]
        cut = self._random.randint(0, len(later))
        return later[:cut], later[cut:]

    def _write(self, number: int) -> None:
        before, after = ("\n".join(f"import shop.m{other}" for other in some) for some in self._imports[number])
        plugins = "\n".join(
            f"try:\n    import shop.plugin{one}\nexcept ImportError:\n    note('no plugin{one}', 0)" for one in range(2)
        )
        after = plugins + "\n" + after if number % 3 == 1 else after
        text = MODULE.format(
            version=self._versions[number], fields=self._versions[number] % 3, before=before, after=after
        )
        save(self._folder / f"shop/m{number}.py", text)

    def _edit(self) -> None:
        # People work at one place for a while.
        number = self._random.choice([2, 5, 5, 6, 6, 7])
        self._versions[number] += 1
        self._write(number)

    def _import_otherwise(self) -> None:
        number = self._random.randrange(MODULES)
        self._imports[number] = self._some_imports(number)
        self._versions[number] += 1
        self._write(number)

    def _plugin(self) -> Path:
        return self._folder / f"shop/plugin{self._random.randrange(2)}.py"

    def _plug_in(self) -> None:
        plugin = self._plugin()
        save(plugin, f"from shop.record import note\nnote(__name__, {self._random.randrange(100)})\n")

    def _unplug(self) -> None:
        self._plugin().unlink(missing_ok=True)
        self._edit()

    def _rename(self) -> None:
        plugin = self._plugin()
        if plugin.exists():
            plugin.rename(plugin.with_name("plugin0.py"))
        self._edit()


def start_cold(folder: Path) -> "subprocess.Popen[str]":
    """Have plain Python find what there is, while the server does."""
    # Its own bytecode: two writers of one file are another test's matter.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", "import main"]
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)


def found_by(cold: "subprocess.Popen[str]") -> list[Any]:
    with cold:
        found, _ = cold.communicate()
    assert cold.returncode == 0
    return facts_of(found.splitlines())[-1]


def facts_of(lines: list[str]) -> list[list[Any]]:
    return [json.loads(line.removeprefix("facts ")) for line in lines if line.startswith("facts ")]


def told(server: ServerProcess) -> list[list[Any]]:
    return facts_of([str(event["printed"]) for event in server.events if "printed" in event])


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in (1, 2, 3, 4))])
def test_after_any_change_the_application_is_what_plain_python_makes_of_it(tmp_path: Path, seed: int) -> None:
    shop = Shop(tmp_path, seed)
    with ServerProcess("serve", *FAST, cwd=tmp_path) as server:
        server.wait_for("ready")
        assert told(server)[-1] == found_by(start_cold(tmp_path))
        for number in range(EDITS):
            let_pass(IDLE)
            shop.change()
            # A change that comes after it ends all that comes of it.
            write(tmp_path, {f"end{number}.py": ""})
            cold = start_cold(tmp_path)
            server.wait_for_reload_of(f"end{number}.py")
            assert told(server)[-1] == found_by(cold), server.told()


def test_what_the_source_says_of_imports_is_imported_for_all_processes_from_the_first_on(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": "import rich.console\nimport near\n" + app_that_says("one"), "near.py": ""})
    with ServerProcess("serve", *FAST, cwd=tmp_path) as server:
        server.wait_for("ready", origin="warm")
        server.wait_for("prepared", origin="warm")
        save(tmp_path / "near.py", "NEAR = 1\n")
        assert server.wait_for("reloaded", attempt=2)["origin"] == "warm"


def test_what_is_imported_behind_a_change_of_the_environment_finds_it_changed(tmp_path: Path) -> None:
    prepared = "import os\nos.environ['TERM_PROGRAM_VERSION'] = '1'\nimport rich.console\n"
    write(tmp_path, {"main.py": prepared + app_that_says("one")})
    with ServerProcess("serve", *FAST, cwd=tmp_path) as server:
        server.wait_for("ready", origin="fresh")


@pytest.mark.parametrize(
    ("before", "origin"), [("", "warm"), ("import os\nos.environ['TERM_PROGRAM_VERSION'] = '1'\n", "fresh")]
)
def test_before_anything_is_learned_a_start_goes_on_from_what_is_still_foreseen(
    tmp_path: Path, before: str, origin: str
) -> None:
    source = "import rich.console\n" + app_that_says("mended")
    write(tmp_path, {"main.py": source + "raise ValueError\n"})
    with ServerProcess("serve", *FAST, cwd=tmp_path) as server:
        server.wait_for("app_failed")
        save(tmp_path / "main.py", before + source)
        assert server.wait_for("reloaded", attempt=2)["origin"] == origin
        assert server.get("/").text == "mended"


def test_a_module_that_is_worked_on_is_reached_from_a_checkpoint_before_it(tmp_path: Path) -> None:
    names = [f"m{number}" for number in range(6)]
    slow = "import time\ntime.sleep(0.02)\n"
    files = {f"shop/{name}.py": slow for name in names} | {"shop/__init__.py": ""}
    lines = "".join(f"import shop.{name}\n" for name in names)
    write(tmp_path, {"main.py": lines + "print('facts []', flush=True)\n" + app_that_says("one"), **files})
    with ServerProcess("serve", *FAST, cwd=tmp_path) as server:
        server.wait_for("ready", origin="fresh")
        save(tmp_path / "shop/m5.py", slow + "VERSION = 1\n")
        server.wait_for("prepared", origin="before shop.m5")
        save(tmp_path / "shop/m5.py", slow + "VERSION = 2\n")
        assert server.wait_for("reloaded", attempt=3)["origin"] == "before shop.m5"
        # What was imported before it makes it worthless.
        save(tmp_path / "shop/m2.py", slow + "VERSION = 1\n")
        assert server.wait_for("reloaded", attempt=4)["origin"] != "before shop.m5"
        server.wait_for("prepared", origin="before shop.m2")
        server.wait_for_all(2, {"event": "prepared", "origin": "before shop.m5"})
        save(tmp_path / "shop/m5.py", slow + "VERSION = 3\n")
        assert server.wait_for("reloaded", attempt=5)["origin"] == "before shop.m5"
        assert server.stop() == 0


def test_who_goes_from_module_to_module_has_a_checkpoint_at_each(tmp_path: Path) -> None:
    slow = "import time\ntime.sleep(0.05)\n"
    names = ["early", "midway", "late"]
    lines = "".join(f"import {name}\n" for name in names)
    write(tmp_path, {"main.py": lines + app_that_says("one"), **{f"{name}.py": slow for name in names}})
    with ServerProcess("serve", *FAST, cwd=tmp_path) as server:
        server.wait_for("ready")
        attempt = 1
        for name in names[1:]:
            for version in (1, 2, 3):
                attempt += 1
                save(tmp_path / f"{name}.py", slow + f"VERSION = {version}\n")
                origin = server.wait_for("reloaded", attempt=attempt)["origin"]
                if version == 1:
                    server.wait_for("prepared", origin=f"before {name}")
                else:
                    assert origin == f"before {name}"
        assert server.stop() == 0


def test_what_dataclasses_have_compiled_for_one_start_is_not_compiled_for_the_next(tmp_path: Path) -> None:
    counts = """
import sys, time
texts = []
sys.addaudithook(lambda event, facts: texts.append(facts) if event == "compile" and facts[1] == "<string>" else None)
time.sleep(0.05)
"""
    late = """
import dataclasses, early
early.texts.clear()
Item = dataclasses.make_dataclass("Item", ["name"])
print(f"facts [{len(early.texts)}]", flush=True)
"""
    write(tmp_path, {"main.py": "import early, late\n" + app_that_says("one"), "early.py": counts, "late.py": late})
    with ServerProcess("serve", *FAST, cwd=tmp_path) as server:
        server.wait_for("ready")
        save(tmp_path / "late.py", late + "VERSION = 1\n")
        server.wait_for("prepared", origin="before late")
        save(tmp_path / "late.py", late + "VERSION = 2\n")
        server.wait_for("reloaded", attempt=3)
        first, *_, last = told(server)
        assert first != [0]
        assert last == [0]
        assert server.stop() == 0


def test_what_an_import_says_is_said_at_each_start_wherever_it_goes_on_from(tmp_path: Path) -> None:
    says = "import logging, time\nprint('said by print', flush=True)\nlogging.warning('said by log')\n"
    says += "time.sleep(0.05)\n"
    write(tmp_path, {"main.py": "import early, late\n" + app_that_says("one"), "early.py": says, "late.py": ""})
    with ServerProcess("serve", *FAST, cwd=tmp_path) as server:
        server.wait_for("ready")
        save(tmp_path / "late.py", "VERSION = 1\n")
        server.wait_for("prepared", origin="before late")
        save(tmp_path / "late.py", "VERSION = 2\n")
        assert server.wait_for("reloaded", attempt=3)["origin"] == "before late"
        assert len([event for event in server.events if event.get("printed") == "said by print"]) == 3
        assert len([event for event in server.events if event.get("message") == "said by log"]) == 3


def test_an_import_that_starts_something_has_no_checkpoint_behind_it(tmp_path: Path) -> None:
    starts = "import threading, time\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n"
    starts += "time.sleep(0.05)\n"
    count = "import threading\nprint('facts', [threading.active_count()], flush=True)\n"
    write(
        tmp_path, {"main.py": "import early, late\n" + count + app_that_says("one"), "early.py": starts, "late.py": ""}
    )
    with ServerProcess("serve", *FAST, cwd=tmp_path) as server:
        server.wait_for("ready")
        for attempt in (2, 3, 4):
            save(tmp_path / "late.py", f"VERSION = {attempt}\n")
            assert "before" not in str(server.wait_for("reloaded", attempt=attempt)["origin"])
            let_pass(IDLE)
        assert told(server) == [[2]] * 4


def test_modules_that_touch_the_loop_while_they_are_imported_find_the_one_they_run_on(tmp_path: Path) -> None:
    early = """
import asyncio, time
LOOP = asyncio.get_event_loop()
time.sleep(0.05)
"""
    handler = app_that_says("").replace(
        'self.write("")', "self.write(str(early.LOOP is __import__('asyncio').get_running_loop()))"
    )
    write(tmp_path, {"main.py": "import early, late\n" + handler, "early.py": early, "late.py": ""})
    with ServerProcess("serve", "main:make_app", *FAST, cwd=tmp_path) as server:
        server.wait_for("ready")
        save(tmp_path / "late.py", "VERSION = 1\n")
        server.wait_for("prepared", origin="before late")
        for attempt in (3, 4):
            save(tmp_path / "late.py", f"VERSION = {attempt}\n")
            assert server.wait_for("reloaded", attempt=attempt)["origin"] == "before late"
            assert server.get().text == "True"


def test_without_warmth_each_start_is_a_fresh_interpreter(tmp_path: Path) -> None:
    code = "import sys, xml.dom.minidom\nprint('facts', [hash('word')], flush=True)\n"
    write(tmp_path, {"main.py": code + app_that_says("one")})
    with ServerProcess("serve", "--no-warm", cwd=tmp_path, env={"PYTHONHASHSEED": "random"}) as server:
        server.wait_for("ready")
        for attempt in (2, 3):
            let_pass(IDLE)
            save(tmp_path / "main.py", code + app_that_says(f"number {attempt}"))
            server.wait_for("reloaded", attempt=attempt)
            assert server.get().text == f"number {attempt}"
        assert len({tuple(facts) for facts in told(server)}) == 3
        assert server.stop() == 0
