"""`tcli serve`: what a fresh interpreter would do with the code, each start of the application does too."""

import json
import os
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from support.project import app_that_says, save, write
from support.server_process import ServerProcess
from support.trouble import let_pass

# What a program finds when it starts, told before anything else happens.
FACTS = """
import json, sys
before = sorted(name for name in sys.modules if name.startswith("shop"))
import asyncio, decimal, gc, locale, os, resource, signal, socket, threading, tracemalloc, warnings

def handler_of(number):
    return str(getattr(signal.getsignal(number), "name", signal.getsignal(number)))

PRIVATE = {"_", "SHLVL", "TCLI_REEXEC_PID"}
OURS = {"SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"}
print("facts " + json.dumps({
    # The path is absolute, whatever was typed.
    "argv": [os.path.abspath(sys.argv[0]), *sys.argv[1:]],
    "flags": {name: getattr(sys.flags, name) for name in dir(sys.flags)
              if not name.startswith(("_", "n_", "safe_path")) and isinstance(getattr(sys.flags, name), int)},
    "warnoptions": sys.warnoptions,
    "xoptions": {str(name): str(value) for name, value in sys._xoptions.items()},
    "filters": [str(one) for one in warnings.filters],
    "path": sys.path,
    "cwd": os.getcwd(),
    "environment": {name: value for name, value in os.environ.items() if name not in PRIVATE},
    "main": {name: str(getattr(sys.modules["__main__"], name, None))
             for name in ("__name__", "__file__", "__package__", "__doc__", "__spec__")},
    "debug": __debug__,
    "modules_of_ours": before,
    "threads": [threading.active_count(), threading.current_thread() is threading.main_thread()],
    "blocked_signals": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "signals": {one.name: handler_of(one) for one in signal.valid_signals()
                if isinstance(one, signal.Signals) and one.name not in OURS},
    "umask": [os.umask(0o22), os.umask(0o22)],
    "limits": [resource.getrlimit(one) for one in range(16)],
    "priority": os.getpriority(os.PRIO_PROCESS, 0),
    "locale": locale.setlocale(locale.LC_ALL, None),
    "encodings": [sys.getfilesystemencoding(), sys.getdefaultencoding(), sys.stdout.encoding, sys.stdout.errors],
    "output": [sys.stdout.write_through, sys.stderr.write_through, sys.stdout.line_buffering],
    "recursion": sys.getrecursionlimit(),
    "switching": sys.getswitchinterval(),
    "bytecode": [sys.dont_write_bytecode, sys.pycache_prefix],
    "hooks": [sys.excepthook is sys.__excepthook__, sys.displayhook is sys.__displayhook__,
              sys.unraisablehook is sys.__unraisablehook__, threading.excepthook is threading.__excepthook__],
    "tracing": [sys.gettrace() is None, sys.getprofile() is None, tracemalloc.is_tracing()],
    "gc": [gc.isenabled(), gc.get_threshold()],
    "decimal": str(decimal.getcontext()),
    "socket_timeout": socket.getdefaulttimeout(),
    "loop_policy": type(asyncio.get_event_loop_policy()).__name__,
    "stdin": sys.stdin.read(),
    "fault_handler": __import__("faulthandler").is_enabled(),
}, default=str), flush=True)
"""
SCRIPT = """
import asyncio
from tornado.web import Application

async def main():
    Application().listen(0)
    await asyncio.Event().wait()

if __name__ == "__main__":
    asyncio.run(main())
"""
FLAGS: Mapping[str, Sequence[str]] = {
    "no flags": (),
    # Without those that have everything compiled anew.
    "several": ("-b", "-u", "-W", "error::UserWarning", "-X", "utf8", "-X", "own=word"),
    "-O": ("-O",),
    "-OO -X utf8": ("-OO", "-X", "utf8"),
    "-W and -X": ("-W", "error::UserWarning", "-W", "ignore:of no use", "-X", "importtime=0", "-X", "own=word"),
    "-X dev": ("-X", "dev"),
    "-B -b -u": ("-B", "-b", "-u"),
    "-X pycache_prefix": ("-X", "pycache_prefix=elsewhere"),
}


def facts_of(line: str) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(line.removeprefix("facts "))
    return facts


def told(server: ServerProcess, word: str = "facts ") -> list[Any]:
    """Return what the starts of the application have printed behind that word."""
    lines = [str(event["printed"]) for event in server.events if "printed" in event]
    return [json.loads(line.removeprefix(word)) for line in lines if line.startswith(word)]


def plain_facts(folder: Path, environment: Mapping[str, str], command: Sequence[str]) -> dict[str, Any]:
    """Return what the program finds without us."""
    with subprocess.Popen(
        [sys.executable, *command], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        process.kill()
    return facts_of(line)


def differences(one: Mapping[str, Any], other: Mapping[str, Any], *, but: Collection[str] = ()) -> dict[str, Any]:
    return {name: (value, other[name]) for name, value in one.items() if other[name] != value and name not in but}


def reload(server: ServerProcess, folder: Path, *, attempt: int, name: str = "main.py") -> None:
    """Save the file with one comment more."""
    save(folder / name, (folder / name).read_text() + f"# {attempt}\n")
    server.wait_for("reloaded", attempt=attempt)


# Libraries that are there before the application has asked for them, tell a start that was prepared.
ASKS_FOR_LIBRARIES = "print('warm', int('xml.dom.minidom' in sys.modules))\nimport sqlite3, xml.dom.minidom, edited\n"


def reload_until_warm(server: ServerProcess, folder: Path) -> None:
    """Save `edited.py` again and again, until a start could use what those before it have taught."""
    for attempt in range(2, 60):
        # It is prepared while nothing happens.
        let_pass(0.2)
        reload(server, folder, attempt=attempt, name="edited.py")
        if told(server, "warm ")[-1]:
            return
    raise AssertionError("No start was a warm one.")


def test_a_warm_start_finds_what_a_cold_one_does(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": FACTS + ASKS_FOR_LIBRARIES + MESS + SCRIPT, "edited.py": ""})
    with ServerProcess("serve", "main.py", "--", "word", cwd=tmp_path, flags=["-O", "-X", "dev"]) as server:
        server.wait_for("ready")
        reload_until_warm(server, tmp_path)
        facts = told(server)
        assert not differences(facts[0], facts[-1])


USUAL = ("no flags", "several")
EACH_FLAGS = [pytest.param(flags, marks=[] if flags in USUAL else pytest.mark.thorough) for flags in FLAGS]


@pytest.mark.parametrize("flags", EACH_FLAGS)
def test_a_script_finds_what_plain_python_gives_it_at_each_start(tmp_path: Path, flags: str) -> None:
    write(tmp_path, {"main.py": FACTS + SCRIPT})
    arguments = ("main.py", "--", "--one", "two")
    with ServerProcess("serve", *arguments, cwd=tmp_path, flags=FLAGS[flags]) as server:
        server.wait_for("ready")
        reload(server, tmp_path, attempt=2)
        plain = plain_facts(tmp_path, server.environment, [*FLAGS[flags], "main.py", "--one", "two"])
        first, second = told(server)
        assert not differences(plain, first)
        assert not differences(plain, second)


def test_a_module_finds_what_plain_python_gives_it_at_each_start(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": FACTS + app_that_says("one")})
    with ServerProcess("serve", "main:make_app", "--", "word", cwd=tmp_path) as server:
        server.wait_for("ready")
        reload(server, tmp_path, attempt=2)
        plain = plain_facts(tmp_path, server.environment, ["-c", "import main"])
        first, second = told(server)
        assert not differences(first, second)
        assert not differences(plain, first, but={"argv", "main", "path"})
        assert first["argv"] == [str(tmp_path / "main.py"), "word"]
        assert first["path"] == [str(tmp_path), *plain["path"][1:]]


MESS = """
import json, locale, logging, os, random, resource, signal, sys, threading, warnings
os.environ["LEFT_BEHIND"] = "1"
os.chdir("/")
os.umask(0o77)
sys.path.append("/left/behind")
sys.setrecursionlimit(12345)
sys.dont_write_bytecode = True
sys.excepthook = lambda *_: None
signal.signal(signal.SIGUSR2, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH])
warnings.simplefilter("error")
resource.setrlimit(resource.RLIMIT_NOFILE, (200, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
sys.modules["shop_left"] = json
threading.Thread(target=threading.Event().wait, daemon=True).start()
"""


def test_nothing_that_one_start_has_changed_is_there_at_the_next(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": FACTS + MESS + app_that_says("one")})
    with ServerProcess("serve", "main:make_app", cwd=tmp_path) as server:
        server.wait_for("ready")
        for attempt in (2, 3):
            reload(server, tmp_path, attempt=attempt)
        first, second, third = told(server)
        assert not differences(first, second)
        assert not differences(first, third)


def test_each_start_draws_other_random_numbers(tmp_path: Path) -> None:
    draw = "[random.random(), secrets.token_hex(), str(uuid.uuid4()), tempfile.mktemp()]"
    code = f"import json, random, secrets, tempfile, uuid\nprint('drawn', json.dumps({draw}), flush=True)\n"
    write(tmp_path, {"main.py": code + app_that_says("one")})
    with ServerProcess("serve", "main:make_app", cwd=tmp_path) as server:
        server.wait_for("ready")
        for attempt in (2, 3):
            reload(server, tmp_path, attempt=attempt)
        for drawn in zip(*told(server, "drawn "), strict=True):
            assert len(set(drawn)) == 3


# Processes.

SPAWNS = """
import multiprocessing

def power(number):
    return number ** {exponent}

def tell():
    with multiprocessing.get_context("{way}").Pool(1) as pool:
        print("power", pool.apply(power, (7,)), flush=True)
"""
KINDS_AND_WAYS = [
    ("script", "spawn"),
    ("package", "forkserver"),
    ("module", "fork"),
    *(
        pytest.param(kind, way, marks=pytest.mark.thorough)
        for kind, way in (
            ("script", "fork"),
            ("script", "forkserver"),
            ("package", "fork"),
            ("package", "spawn"),
            ("module", "forkserver"),
            ("module", "spawn"),
        )
    ),
]


@pytest.mark.parametrize(("kind", "way"), KINDS_AND_WAYS)
def test_multiprocessing_finds_the_functions_of_the_application(tmp_path: Path, kind: str, way: str) -> None:
    script = SCRIPT.replace("    asyncio.run", "    tell()\n    asyncio.run")
    module = app_that_says("one").replace("return App", "tell(); return App")
    jobs = SPAWNS.replace("{way}", way)
    files = {
        "script": {"main.py": jobs + script},
        "module": {"main.py": jobs + module},
        # What is in `__main__` of a package is found by nobody, with plain Python too.
        "package": {
            "shop/__init__.py": "",
            "shop/__main__.py": "from shop.jobs import tell\n" + script,
            "shop/jobs.py": jobs,
        },
    }[kind]
    app = {"script": "main.py", "module": "main:make_app", "package": "shop"}[kind]
    edited = list(files)[-1]
    write(tmp_path, {name: code.replace("{exponent}", "2") for name, code in files.items()})
    with ServerProcess("serve", app, cwd=tmp_path) as server:
        server.wait_for("ready")
        save(tmp_path / edited, files[edited].replace("{exponent}", "3"))
        server.wait_for("reloaded")
        assert told(server, "power ") == [49, 343]
        assert server.stop() == 0


TERMINATES = """
import multiprocessing, time
forked = multiprocessing.get_context("fork").Process(target=time.sleep, args=(3600,))
forked.start()
forked.terminate()
forked.join()
print("code", forked.exitcode, flush=True)
"""


@pytest.mark.parametrize("command", ["serve", "run"])
def test_what_the_application_forks_can_be_terminated(tmp_path: Path, command: str) -> None:
    write(tmp_path, {"main.py": TERMINATES + app_that_says("one")})
    with ServerProcess(command, "main:make_app", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert "code -15" in "\n".join(str(event) for event in server.events)


def test_programs_that_the_application_starts_inherit_the_standard_streams_only(tmp_path: Path) -> None:
    list_them = "import json, os; print('held', json.dumps(sorted(map(int, os.listdir('/proc/self/fd')))), flush=True)"
    code = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {list_them!r}], close_fds=False)\n"
    write(tmp_path, {"main.py": code + app_that_says("one")})
    with ServerProcess("serve", "main:make_app", cwd=tmp_path) as server:
        server.wait_for("ready")
        reload(server, tmp_path, attempt=2)
        # The fourth is the folder that is listed.
        assert told(server, "held ") == [[0, 1, 2, 3]] * 2


AT_EXIT = """
import atexit, threading, weakref

class Owner:
    pass

owner = Owner()
weakref.finalize(owner, print, "left 3")
atexit.register(print, "left 2")
atexit.register(print, "left 1", flush=True)
# Python waits for threads before it calls what is registered.
threading.Timer(0.2, print, ["left 0"]).start()
"""


@pytest.mark.parametrize("kind", ["script", "module"])
def test_what_is_registered_for_the_exit_is_called_at_a_reload_and_at_the_end(tmp_path: Path, kind: str) -> None:
    write(tmp_path, {"main.py": AT_EXIT + (SCRIPT if kind == "script" else app_that_says("one"))})
    with ServerProcess("serve", "main.py" if kind == "script" else "main:make_app", cwd=tmp_path) as server:
        server.wait_for("ready")
        reload(server, tmp_path, attempt=2)
        server.wait_for(printed="left 3")
        assert sorted(told(server, "left ")) == [0, 1, 2, 3]
        assert told(server, "left ")[1:3] == [1, 2]
        assert server.stop() == 0
        assert sorted(told(server, "left ")) == [0, 0, 1, 1, 2, 2, 3, 3]


# Imports.

NOTES_ITSELF = "import sys\nsys.order = [*getattr(sys, 'order', []), __name__]\n"
TELLS_ORDER = "import json, sys\nprint('facts', json.dumps({'order': sys.order}), flush=True)\n"
SHOP = {
    "shop/__init__.py": NOTES_ITSELF + "from shop import settings\n",
    "shop/settings.py": NOTES_ITSELF,
    "shop/first.py": NOTES_ITSELF + "import shop.circle\nfrom shop.deep import leaf\n",
    "shop/circle.py": NOTES_ITSELF + "import shop.first\n",
    "shop/deep/leaf.py": NOTES_ITSELF + "import decimal, shop.settings\n",
    "shop/second.py": NOTES_ITSELF + "try:\n    import nowhere\nexcept ImportError:\n    import shop.instead\n",
    "shop/instead.py": NOTES_ITSELF + "def load():\n    import shop.late\nload()\n",
    "shop/late.py": NOTES_ITSELF,
    "main.py": NOTES_ITSELF + "import sqlite3\nimport shop.second, shop.first\n" + TELLS_ORDER + SCRIPT,
}


def test_the_projects_modules_are_imported_in_their_order_whichever_was_edited(tmp_path: Path) -> None:
    write(tmp_path, SHOP)
    with ServerProcess("serve", "main.py", cwd=tmp_path) as server:
        server.wait_for("ready")
        for attempt, name in enumerate(SHOP, 2):
            reload(server, tmp_path, attempt=attempt, name=name)
        plain = plain_facts(tmp_path, server.environment, ["main.py"])
        assert len(plain["order"]) == len(SHOP)
        assert told(server) == [plain] * (1 + len(SHOP))


def test_a_warm_start_imports_the_projects_modules_in_their_order(tmp_path: Path) -> None:
    write(tmp_path, {**SHOP, "edited.py": "", "main.py": "import sys\n" + ASKS_FOR_LIBRARIES + SHOP["main.py"]})
    with ServerProcess("serve", "main.py", cwd=tmp_path) as server:
        server.wait_for("ready")
        reload_until_warm(server, tmp_path)
        orders = told(server)
        assert len(orders[0]["order"]) == len(SHOP)
        assert orders == [orders[0]] * len(orders)


def test_a_module_that_appears_is_imported_and_one_that_goes_is_not(tmp_path: Path) -> None:
    try_it = "try:\n    from plugins import {name}\nexcept ImportError:\n    {name} = None\n"
    names = [f"plugin{number}" for number in range(5)]
    found = f"[one is not None for one in ({', '.join(names)},)]"
    code = "import json\n" + "".join(try_it.replace("{name}", name) for name in names)
    code += f"print('found', json.dumps({found}), flush=True)\n"
    write(tmp_path, {"main.py": code + app_that_says("one"), "plugins/__init__.py": ""})
    with ServerProcess("serve", "main:make_app", cwd=tmp_path) as server:
        server.wait_for("ready")
        # Python remembers what is in a folder until its modification time changes, which is coarse on some systems.
        folder = tmp_path / "plugins"
        for count, name in enumerate(names, 1):
            write(folder, {f"{name}.py": ""})
            os.utime(folder, (1_700_000_000, 1_700_000_000))
            there = [number < count for number in range(len(names))]
            server.wait_for(printed=f"found {json.dumps(there)}")
        (folder / "plugin2.py").unlink()
        server.wait_for(printed="found [true, true, false, true, true]")


def test_tracebacks_and_sources_show_the_lines_that_run(tmp_path: Path) -> None:
    code = app_that_says("").replace('self.write("")', "raise KeyError('first line')")
    code += "\nimport inspect, json\nprint('source', json.dumps(inspect.getsource(make_app)), flush=True)\n"
    write(tmp_path, {"main.py": code})
    with ServerProcess("serve", "--debug", "main:make_app", cwd=tmp_path) as server:
        server.wait_for("ready")
        assert "raise KeyError('first line')" in server.get().text
        save(tmp_path / "main.py", code.replace("def get", "\n\n\n    def get").replace("first", "other"))
        server.wait_for("reloaded")
        shown = server.get().text
        assert "raise KeyError('other line')" in shown
        assert "first" not in shown
        first, second = told(server, "source ")
        assert first == second
        assert first.startswith("def make_app():")


# What is decided by the environment when a module is imported.
READS_ENVIRONMENT = """
import os
os.environ["CRYPTOGRAPHY_OPENSSL_NO_LEGACY"] = "1"
from cryptography.hazmat.bindings._rust import openssl
print("legacy", int(openssl._legacy_provider_loaded), flush=True)
"""


def test_a_library_meets_the_environment_that_the_project_has_set_for_it(tmp_path: Path) -> None:
    code = "import sys\n" + ASKS_FOR_LIBRARIES + READS_ENVIRONMENT
    write(tmp_path, {"main.py": code + app_that_says("one"), "edited.py": ""})
    with ServerProcess("serve", "main:make_app", cwd=tmp_path) as server:
        server.wait_for("ready")
        reload_until_warm(server, tmp_path)
        assert set(told(server, "legacy ")) == {0}


# Bytecode.

SAME_SECOND = 1_700_000_000
PLACES = {
    "a module": ("word.py", "import word", "word.WORD"),
    "a package": ("shop/__init__.py", "import shop", "shop.WORD"),
    "a module of a namespace": ("space/word.py", "import space.word", "space.word.WORD"),
    "a module that a handler imports": ("word.py", "", "__import__('word').WORD"),
    "the application's own module": ("main.py", "", "WORD"),
}
LIKE_A_MODULE = ("a package", "a module of a namespace")
EACH_PLACE = [pytest.param(one, marks=[pytest.mark.thorough] if one in LIKE_A_MODULE else []) for one in PLACES]


@pytest.mark.parametrize("prefix", ["", pytest.param("bytecode", marks=pytest.mark.thorough)])
@pytest.mark.parametrize("place", EACH_PLACE)
def test_edits_of_one_size_in_one_second_are_served(tmp_path: Path, place: str, prefix: str) -> None:
    name, imports, value = PLACES[place]
    app = app_that_says("{word}").replace('"{word}"', value)
    rest = app if name == "main.py" else ""
    write(tmp_path, {"main.py": f"{imports}\n{app}", name: f"WORD = '0'\n{rest}"})
    env = {"PYTHONPYCACHEPREFIX": str(tmp_path / prefix)} if prefix else {}
    with ServerProcess("serve", "main:make_app", cwd=tmp_path, env=env) as server:
        server.wait_for("ready")
        assert server.get().text == "0"
        for number in range(1, 5):
            # Elsewhere, so that nobody sees it with another time.
            saving = tmp_path / ".saving"
            saving.write_text(f"WORD = '{number}'\n{rest}")
            os.utime(saving, (SAME_SECOND, SAME_SECOND))
            saving.replace(tmp_path / name)
            server.wait_for("reloaded", attempt=number + 1)
            assert server.get().text == str(number)


@pytest.mark.parametrize("link", ["word.py", pytest.param("shop/__init__.py", marks=pytest.mark.thorough)])
def test_edits_of_one_size_in_one_second_are_served_of_a_file_that_is_a_link(tmp_path: Path, link: str) -> None:
    module = "word" if link == "word.py" else "shop"
    app = app_that_says("{word}").replace('"{word}"', f"{module}.WORD")
    write(tmp_path / "elsewhere", {"real.py": "WORD = '0'\n"})
    write(tmp_path / "here", {"main.py": f"import {module}\n{app}"})
    (tmp_path / "here" / link).parent.mkdir(exist_ok=True)
    (tmp_path / "here" / link).symlink_to(tmp_path / "elsewhere/real.py")
    with ServerProcess("serve", "main:make_app", cwd=tmp_path / "here") as server:
        server.wait_for("ready")
        assert server.get().text == "0"
        for number in range(1, 5):
            saving = tmp_path / ".saving"
            saving.write_text(f"WORD = '{number}'\n")
            os.utime(saving, (SAME_SECOND, SAME_SECOND))
            saving.replace(tmp_path / "elsewhere/real.py")
            server.wait_for("reloaded", attempt=number + 1)
            assert server.get().text == str(number)
