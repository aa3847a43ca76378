import json
import re
import signal
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tornado_cli import __version__
from tornado_cli.scaffold.catalog import PRESETS

TREE = """\
├── src/
│   └── my_shop/
│       ├── __init__.py
│       ├── __main__.py
│       ├── app.py
│       ├── hello.py
│       ├── py.typed
│       └── settings.py
├── tests/
│   ├── __init__.py
│   ├── test_hello.py
│   └── test_settings.py
├── .editorconfig
├── .gitignore
├── README.md
└── pyproject.toml
"""
AGAIN = """
The same again:

  tcli new my-shop --template minimal --no-git
"""
NEXT = """
Next:

  cd my-shop
  python3 -m venv .venv && . .venv/bin/activate
  pip install -e '.[dev]'
  pytest              # its own tests
  python -m my_shop   # on plain Tornado: http://127.0.0.1:8000
  tcli serve --debug  # the same, fresh after each save
"""
# Writes a project again and again, each time in a folder of its own, and sends the signal one step later each time;
# ends with the one that was not hit. Steps are the things it does to the disk.
AT_EACH_STEP = """
import ctypes, os, signal, sys
from pathlib import Path
from tornado_cli.files.merge import write_into
from tornado_cli.files.obstacles import Existing, arrival
from tornado_cli.files.whole import write_folder
from tornado_cli.scaffold.generate import plan

number, is_there = map(int, sys.argv[1:])
files = plan(Path("shop"), preset="minimal").files

def write(step, target):
    seen = 0
    def count(event, args):
        nonlocal seen
        if event in {"os.mkdir", "os.rmdir", "os.remove", "open", "ctypes.dlsym"}:
            seen += 1
            if seen == step:
                os.kill(os.getpid(), number)
    planned = arrival(target, files, Existing.SET_ASIDE) if is_there else None
    sys.addaudithook(count)
    write_into(target, planned) if planned else write_folder(target, files)

for step in range(1, 1000):
    target = Path(str(step)).absolute() / "shop"
    target.parent.mkdir()
    if is_there:
        (target / "src").mkdir(parents=True)
        (target / "README.md").write_text("mine")
    child = os.fork()
    if not child:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        write(step, target)
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        break
"""


def tcli(*arguments: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tornado_cli", *arguments]
    return subprocess.run(
        command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60
    )


def everything_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_the_end_shows_what_was_made_and_what_to_type_next(tmp_path: Path) -> None:
    done = tcli("new", "my-shop", "--template", "minimal", "--no-git", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    # Where tcli itself is installed from differs from machine to machine; and so does the width.
    [install] = [line for line in done.stdout.splitlines() if line.endswith("# tcli itself")]
    assert install.split()[:2] == ["pip", "install"]
    shown = [re.sub(" +#", " #", line) for line in done.stdout.splitlines() if line != install]
    assert shown == [re.sub(" +#", " #", line) for line in f"Made my-shop/\n{TREE}{AGAIN}{NEXT}".splitlines()]
    files = {name for name in everything_in(tmp_path / "my-shop") if (tmp_path / "my-shop" / name).is_file()}
    assert {Path(name).name for name in files} == set(re.findall(r"── (\S*[^/\s])$", TREE, re.MULTILINE))


def test_a_dry_run_shows_the_same_and_makes_nothing(tmp_path: Path) -> None:
    done = tcli("new", "my-shop", "-t", "minimal", "--no-git", "--dry-run", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"Would make my-shop/\n{TREE}{AGAIN}")
    assert everything_in(tmp_path) == []


def test_a_file_is_shown_as_it_would_be_made(tmp_path: Path) -> None:
    shown = tcli("new", "my-shop", "--show", "src/my_shop/app.py", cwd=tmp_path)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert everything_in(tmp_path) == []
    assert tcli("new", "my-shop", cwd=tmp_path).returncode == 0
    assert shown.stdout == (tmp_path / "my-shop/src/my_shop/app.py").read_text()


def test_a_file_that_would_not_be_there_cannot_be_shown(tmp_path: Path) -> None:
    done = tcli("new", "my-shop", "--show", "src/my_shop/ap.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no file 'src/my_shop/ap.py'" in done.stderr
    assert "Did you mean src/my_shop/app.py?" in done.stderr
    assert tcli("new", "my-shop", "--show", "README.md", "--json", cwd=tmp_path).returncode == 2


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_programs_are_told_in_json(tmp_path: Path, dry: list[str]) -> None:
    done = tcli("new", "my-shop", "-t", "minimal", "--no-git", "--json", *dry, cwd=tmp_path)
    told = json.loads(done.stdout)
    assert told["made"] is not bool(dry)
    assert told["command"] == "tcli new my-shop --template minimal --no-git"
    assert (told["target"], told["template"], told["package"]) == ("my-shop", "minimal", "my_shop")
    assert told["answers"]["db"] == "none"
    assert {"path": "src/my_shop/app.py", "mode": "0644"} in told["files"]
    made = {str(path.relative_to(tmp_path / "my-shop")) for path in tmp_path.rglob("*") if path.is_file()}
    assert made == (set() if dry else {file["path"] for file in told["files"]})


def test_a_name_may_be_a_path(tmp_path: Path) -> None:
    (tmp_path / "my projects").mkdir()
    done = tcli("new", "my projects/shop", "-y", cwd=tmp_path)
    assert done.returncode == 0
    assert "cd 'my projects/shop'" in done.stdout
    assert (tmp_path / "my projects/shop/src/shop/app.py").is_file()


def test_a_package_may_have_a_name_of_its_own(tmp_path: Path) -> None:
    done = tcli("new", "my-shop", "--package", "till", cwd=tmp_path)
    assert done.returncode == 0
    assert "\n  tcli new my-shop --template web --package till" in done.stdout
    assert "from till.app import" in (tmp_path / "my-shop/tests/support.py").read_text()
    assert 'name = "my-shop"' in (tmp_path / "my-shop/pyproject.toml").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "message", "hint"),
    [
        (["class"], 2, "A project cannot be called 'class': it is a word of the", "tcli new my-class"),
        (["My Shop"], 2, "A project cannot be called 'My Shop'", "tcli new my-shop"),
        (["dir/My"], 2, "A project cannot be called 'My'", "tcli new dir/my"),
        (["/"], 2, "A project cannot be called ''", "tcli new /my-app"),
        (["shop", "--force", "--skip-existing"], 2, "say different things", "Give one of them."),
        (["click"], 2, "A package cannot be called 'click': it would hide", "tcli new click --package my_click"),
        (["shop", "--package", "a-b"], 2, "A package cannot be called 'a-b'", "tcli new shop --package a_b"),
        (["nowhere/shop"], 1, "There is no folder 'nowhere'", "Make that folder first."),
        (["\x1b[2J/My"], 2, "A project cannot be called 'My'", r"tcli new '\x1b[2J/my'"),
        (["shop\x1b[2J\u202e"], 2, r"'shop\x1b[2J\u202e'", "tcli new shop-2j"),
    ],
)
def test_what_will_not_do_is_said_with_what_would(
    tmp_path: Path, arguments: list[str], code: int, message: str, hint: str
) -> None:
    done = tcli("new", *arguments, cwd=tmp_path)
    assert done.returncode == code
    assert message in done.stderr
    assert hint in done.stderr
    assert done.stderr.replace("\n", "").isprintable()
    assert everything_in(tmp_path) == []


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_what_exists_is_not_touched(tmp_path: Path, dry: list[str]) -> None:
    (tmp_path / "shop").mkdir()
    done = tcli("new", "shop", *dry, cwd=tmp_path)
    assert done.returncode == 1
    assert "'shop' exists already (a folder); it was not touched." in done.stderr
    assert everything_in(tmp_path) == ["shop"]


def test_a_project_keeps_what_it_was_made_from(tmp_path: Path) -> None:
    assert tcli("new", "my-shop", cwd=tmp_path).returncode == 0
    kept = tomllib.loads((tmp_path / "my-shop/pyproject.toml").read_text())["tool"]["tcli"]["template"]
    assert kept == {"preset": "web", "version": __version__, "package": "my_shop", **PRESETS["web"].answers}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """As a hosting service makes it."""
    folder = tmp_path / "my-shop"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git/HEAD").write_text("ref: refs/heads/main\n")
    (folder / "README.md").write_text("mine\n")
    return folder


def test_an_existing_repository_becomes_the_project_and_keeps_what_it_has(repository: Path) -> None:
    done = tcli("new", ".", "--skip-existing", "-t", "minimal", cwd=repository)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Left as it was:\n\n  README.md\n" in done.stdout
    assert "cd " not in done.stdout
    assert "\n  tcli new my-shop --template minimal\n" in done.stdout
    assert (repository / "README.md").read_text() == "mine\n"
    assert (repository / "src/my_shop/app.py").is_file()
    assert everything_in(repository / ".git") == ["HEAD"]


def test_what_is_in_the_way_can_be_set_aside(repository: Path) -> None:
    done = tcli("new", "../my-shop", "--force", "-t", "minimal", cwd=repository)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Kept what was there:\n\n  README.md as README.md.orig\n" in done.stdout
    assert (repository / "README.md").read_text().startswith("# My Shop\n")
    assert (repository / "README.md.orig").read_text() == "mine\n"
    assert (repository / "src/my_shop/app.py").is_file()


@pytest.mark.parametrize("flag", ["--force", "--skip-existing"])
def test_a_dry_run_tells_what_is_in_the_way_and_touches_nothing(repository: Path, flag: str) -> None:
    before = everything_in(repository)
    done = tcli("new", ".", flag, "--dry-run", "--json", cwd=repository)
    told = json.loads(done.stdout)
    assert told["left"] == (["README.md"] if flag == "--skip-existing" else [])
    assert told["set_aside"] == ({"README.md": "README.md.orig"} if flag == "--force" else {})
    assert everything_in(repository) == before


def test_a_folder_that_is_there_is_entered_only_on_request(repository: Path) -> None:
    done = tcli("new", ".", cwd=repository)
    assert done.returncode == 1
    assert "tcli new . --skip-existing" in done.stderr
    assert everything_in(repository) == [".git", ".git/HEAD", "README.md"]


@pytest.mark.parametrize("flag", ["--force", "--skip-existing"])
@pytest.mark.parametrize("dangles", [True, False])
def test_no_link_is_written_through(tmp_path: Path, flag: str, dangles: bool) -> None:
    if not dangles:
        (tmp_path / "elsewhere").mkdir()
    (tmp_path / "shop").symlink_to("elsewhere")
    before = everything_in(tmp_path)
    done = tcli("new", "shop", flag, cwd=tmp_path)
    assert (done.returncode, "'shop' exists already (a link)" in done.stderr) == (1, True)
    assert everything_in(tmp_path) == before


def test_each_project_has_a_secret_of_its_own_for_its_owner_only(tmp_path: Path) -> None:
    secrets = set()
    for name in ("one", "two"):
        done = tcli("new", name, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        file = tmp_path / name / ".env"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        secret = re.search(r"^COOKIE_SECRET=(\S{43})$", file.read_text(), re.MULTILINE)
        assert secret is not None
        secrets.add(secret[1])
        assert "COOKIE_SECRET=change-me\n" in (tmp_path / name / ".env.example").read_text()
        assert "\n.env\n" in (tmp_path / name / ".gitignore").read_text()
    assert len(secrets) == 2


def test_it_needs_neither_a_home_nor_a_language(tmp_path: Path) -> None:
    plain = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = tcli("new", "shop", "-t", "minimal", cwd=tmp_path, env=plain)
    assert (done.returncode, done.stderr) == (0, "")
    assert "|-- src/\n|   `-- shop/\n" in done.stdout


def test_it_imports_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys; from tornado_cli.cli import cli; cli(['new', 'shop'], standalone_mode=False); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    modules = set(done.stdout.splitlines()[-1].split())
    assert modules.isdisjoint({"tornado", "rich", "watchdog", "cryptography", "asyncio"})


def test_of_several_at_once_exactly_one_makes_the_project(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tornado_cli", "new", "shop"]
    racers = [
        subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(4)
    ]
    errors = [racer.communicate(timeout=60)[1] for racer in racers]
    assert sorted(racer.returncode for racer in racers) == [0, 1, 1, 1]
    assert sum(b"exists already" in error for error in errors) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["shop"]


def at_each_step(folder: Path, number: signal.Signals, *, is_there: bool) -> list[Path]:
    """Return a folder for each step, in their order; in the last one nothing was disturbed."""
    command = [sys.executable, "-c", AT_EACH_STEP, str(int(number)), str(int(is_there))]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    places = sorted(folder.iterdir(), key=lambda path: int(path.name))
    assert len(places) > 20, done.stderr
    return places


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_kill_leaves_the_whole_project_or_none_and_a_signal_to_stop_nothing_else(
    tmp_path: Path, number: signal.Signals
) -> None:
    places = at_each_step(tmp_path, number, is_there=False)
    whole = everything_in(places[-1] / "shop")
    assert "src/shop/app.py" in whole
    for place in places:
        left = {path.name for path in place.iterdir()}
        assert "shop" not in left or everything_in(place / "shop") == whole
        assert all(re.fullmatch(r"\.shop\.tcli-[0-9a-f]{8}", name) for name in left - {"shop"})
        assert number is signal.SIGKILL or left <= {"shop"}
    assert not (places[0] / "shop").exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.thorough)])
def test_in_a_folder_that_is_there_nothing_of_its_owner_is_ever_lost(tmp_path: Path, number: signal.Signals) -> None:
    places = at_each_step(tmp_path, number, is_there=True)
    whole = everything_in(places[-1] / "shop")
    for place in places:
        left = everything_in(place / "shop")
        mine = place / "shop/README.md.orig" if "README.md.orig" in left else place / "shop/README.md"
        assert mine.read_text() == "mine"
        assert number is signal.SIGKILL or left in (["README.md", "src"], whole)
