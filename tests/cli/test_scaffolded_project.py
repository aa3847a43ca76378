"""What `tcli new` makes passes its own checks, under every preset and any name."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.trees import UNUSUAL, USUAL, Tree

from tornado_cli.scaffold.answers import QUESTIONS
from tornado_cli.scaffold.catalog import PRESETS, template_root
from tornado_cli.scaffold.generate import Plan, plan
from tornado_cli.scaffold.manifest import read_manifest
from tornado_cli.scaffold.names import LONGEST

NAMES = ["shop", "my-shop", "a_rather_long_project_name_that_breaks_lines", "z" * LONGEST]
SETTINGS = {"HOST", "PORT", "DEBUG", "COOKIE_SECRET"}
SOURCE = template_root() / "project"
# Of what exists in several kinds the template runs one.
OTHER_KINDS = ("--ignore", "tests/test_hello.py", "--ignore", "tests/test_auth_json.py")


# Of the others each takes its own tests alone a quarter of a minute.
QUICK = {"minimal", "web"}
EACH_PRESET = [pytest.param(name, marks=[] if name in QUICK else pytest.mark.thorough) for name in PRESETS]


@pytest.fixture(scope="module", params=EACH_PRESET)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    made = plan(tmp_path_factory.mktemp("made") / "my-shop", preset=request.param)
    made.write()
    if (made.target / "src/my_shop/migrations").is_dir():
        check(made.target, "alembic", "upgrade", "head")
    return made


def environment(folder: Path) -> dict[str, str]:
    """Without settings of ours; there is no server for a database, and none is needed."""
    own = {"PYTHONPATH": "src", "DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'served.sqlite3'}"}
    return {name: value for name, value in os.environ.items() if name not in SETTINGS} | own


def check(folder: Path, *arguments: str) -> None:
    """Run a tool of Python in `folder`; what it complains of is the message of the failure."""
    # Plug-ins of our own tests are none of theirs.
    alone = {"PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    env = {**environment(folder), **alone}
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_they_are_lint_free_and_formatted_whatever_their_names(tmp_path: Path) -> None:
    for preset in PRESETS:
        (tmp_path / preset).mkdir()
        for name in NAMES:
            plan(tmp_path / preset / name, preset=preset).write()
    check(tmp_path, "ruff", "check", "--no-cache")
    check(tmp_path, "ruff", "format", "--no-cache", "--check")


def test_its_tests_pass_without_a_warning(project: Plan) -> None:
    check(project.target, "pytest", "-W", "error", "-p", "no:cacheprovider")


@pytest.mark.thorough
@pytest.mark.parametrize("tree", UNUSUAL, ids=str)
def test_tests_of_unusual_answers_pass_without_a_warning(tree: Tree, tmp_path: Path) -> None:
    tree.planned(tmp_path / "my-shop").write()
    check(tmp_path / "my-shop", "pytest", "-W", "error", "-p", "no:cacheprovider")


def test_every_answer_is_in_a_tree_that_is_tested(tmp_path: Path) -> None:
    trees = [tree.planned(tmp_path / "shop").project.answers for tree in (*USUAL, *UNUSUAL)]
    answers = {(name, value) for answers in trees for name, value in answers.items() if name in QUESTIONS}
    assert {(name, value) for name, question in QUESTIONS.items() for value in question.values} <= answers


def test_its_wheel_holds_all_that_it_serves(project: Plan, tmp_path: Path) -> None:
    check(project.target, "hatchling", "build", "-t", "wheel", "-d", str(tmp_path))
    (wheel,) = tmp_path.glob("my_shop-0.1.0-*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    assert {str(file.path)[4:] for file in project.files if file.path.parts[0] == "src"} <= packed


@pytest.fixture
def served(project: Plan) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with serving(project.target, "my_shop") as process_and_url:
        yield process_and_url


@contextmanager
def serving(folder: Path, package: str, **settings: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a project; gives its process, and where it says that it serves."""
    env = {**environment(folder), "PORT": "0", **settings}
    command = [sys.executable, "-m", package]
    process = subprocess.Popen(command, cwd=folder, env=env, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        url = re.search(r"http://[^\s\"]+", line)
        assert url is not None, line + process.stderr.read()
        yield process, url[0]
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.thorough)])
def test_it_serves_on_tornado_alone_and_ends_quietly(
    served: tuple[subprocess.Popen[str], str], number: signal.Signals
) -> None:
    process, url = served
    with urllib.request.urlopen(url, timeout=10) as response:
        assert b"My Shop" in response.read()
    process.send_signal(number)
    assert process.wait(timeout=10) == 0
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()


def refusal(project: Path, **settings: str) -> str:
    """What a project named shop says when it does not start."""
    done = subprocess.run(
        [sys.executable, "-m", "shop"],
        cwd=project,
        env={**environment(project), **settings},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    return done.stderr


def test_it_refuses_to_serve_without_a_secret(tmp_path: Path) -> None:
    plan(tmp_path / "shop", given={"db": "none"}).write()
    (tmp_path / "shop/.env").unlink()
    assert refusal(tmp_path / "shop", PORT="0").startswith("shop: COOKIE_SECRET: this has to be a real secret")


def test_it_logs_in_json_on_request(tmp_path: Path) -> None:
    plan(tmp_path / "shop", preset="minimal", given={"metrics": True}).write()
    with serving(tmp_path / "shop", "shop", LOG_FORMAT="json") as (process, url):
        request = urllib.request.Request(f"{url}livez", headers={"X-Request-ID": "one"})
        with urllib.request.urlopen(request, timeout=10):
            assert process.stderr is not None
            line = json.loads(process.stderr.readline())
        assert (line["path"], line["status"], line["request_id"]) == ("/livez", 200, "one")


def test_it_says_that_a_port_is_taken(tmp_path: Path) -> None:
    plan(tmp_path / "shop", given={"db": "none"}).write()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = f"shop: Cannot listen on 127.0.0.1:{port}: Address already in use.\n"
        assert refusal(tmp_path / "shop", PORT=str(port)) == message


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template as it lies, elsewhere: so that no tool finds settings of ours around it."""
    return Path(shutil.copytree(SOURCE, tmp_path_factory.mktemp("template") / "project"))


def test_the_template_itself_is_lint_free_and_formatted(source: Path) -> None:
    check(source, "ruff", "check", "--no-cache")
    check(source, "ruff", "format", "--no-cache", "--check")


@pytest.mark.thorough
def test_the_template_itself_passes_the_tests_of_what_is_switched_on(source: Path) -> None:
    check(source, "pytest", "-W", "error", "-p", "no:cacheprovider", *OTHER_KINDS)


def test_every_file_of_the_template_is_in_the_manifest() -> None:
    lying = {str(path.relative_to(SOURCE)) for path in SOURCE.rglob("*") if path.is_file()}
    listed = {str(entry.source) for entry in read_manifest(template_root()).entries}
    assert {name for name in lying if "__pycache__" not in name and "_cache/" not in name} == listed
