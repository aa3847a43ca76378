"""What `tcli new` does once the project is there."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tornado_cli.scaffold import installation
from tornado_cli.scaffold.installation import InstallError, check_python, install

MADE = "src/shop/app.py"


def new(folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tornado_cli", "new", "shop", "-t", "minimal", *arguments]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(
        command, cwd=folder, env={**environ, **env}, capture_output=True, text=True, check=False, timeout=60
    )


def program(folder: Path, name: str, script: str) -> str:
    """Write a program; return a PATH on which it is the only one."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)
    return str(folder)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "place"
    folder.mkdir()
    return folder


@pytest.mark.outside("git")
@pytest.mark.parametrize(
    ("is_inside", "arguments", "expected"),
    [(False, [], True), (True, [], False), (False, ["--no-git"], False), (True, ["--git"], True)],
)
def test_a_project_is_a_repository_where_it_is_not_inside_one(
    place: Path, is_inside: bool, arguments: list[str], expected: bool
) -> None:
    if is_inside:
        (place / ".git").mkdir()
    done = new(place, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert (place / "shop/.git").is_dir() == expected
    if expected:
        assert (place / "shop/.git/HEAD").read_text() == "ref: refs/heads/main\n"


@pytest.mark.outside("git")
def test_no_hook_of_anybody_runs_and_no_other_repository_is_touched(place: Path, tmp_path: Path) -> None:
    hooks = tmp_path / "template/hooks"
    hooks.mkdir(parents=True)
    for name in ("post-checkout", "pre-commit", "reference-transaction", "post-index-change"):
        program(hooks, name, f"touch {tmp_path / 'ran'}")
    (tmp_path / "config").write_text(f"[init]\ntemplateDir = {tmp_path / 'template'}\n")
    theirs = tmp_path / "theirs"
    done = new(place, GIT_CONFIG_GLOBAL=str(tmp_path / "config"), GIT_DIR=str(theirs), GIT_WORK_TREE=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert (place / "shop/.git/HEAD").is_file()
    assert not (tmp_path / "ran").exists()
    assert not theirs.exists()


@pytest.mark.outside("git", "unshare")
def test_no_network_is_needed(place: Path) -> None:
    alone = ["unshare", "--user", "--map-root-user", "--net"]
    command = [*alone, sys.executable, "-m", "tornado_cli", "new", "shop"]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert (place / "shop" / MADE).is_file()


@pytest.mark.parametrize(("arguments", "code"), [([], 0), (["--git"], 1)])
@pytest.mark.parametrize(
    ("script", "problem"), [(None, "git is not installed"), ("echo no room >&2; exit 7", "no room")]
)
def test_a_git_that_fails_is_told_and_loses_nothing(
    place: Path, tmp_path: Path, arguments: list[str], code: int, script: str | None, problem: str
) -> None:
    path = program(tmp_path / "bin", "git" if script else "other", script or "")
    done = new(place, *arguments, PATH=path)
    assert done.returncode == code
    assert f"The project is made, but is no git repository: {problem}." in done.stderr
    assert "git init -b main" in done.stderr
    assert (place / "shop" / MADE).is_file()
    assert "pytest" in done.stdout


def test_uv_installs_and_locks(place: Path, tmp_path: Path) -> None:
    path = program(tmp_path / "bin", "uv", f'echo "$PWD $*" > {tmp_path / "called"}; echo done; : > uv.lock')
    done = new(place, "--install", "--no-git", "--json", PATH=path, VIRTUAL_ENV="/elsewhere")
    assert (done.returncode, done.stderr) == (0, "done\n")
    assert json.loads(done.stdout)["lock"] == "uv.lock"
    assert (tmp_path / "called").read_text() == f"{place / 'shop'} sync --extra dev\n"
    assert "--install" in json.loads(done.stdout)["command"]


def test_without_being_asked_nothing_is_installed_and_nothing_locked(place: Path, tmp_path: Path) -> None:
    path = program(tmp_path / "bin", "uv", ": > uv.lock")
    assert new(place, "--no-git", PATH=path).returncode == 0
    assert not (place / "shop/uv.lock").exists()


def test_what_cannot_be_installed_is_told_and_loses_nothing(place: Path, tmp_path: Path) -> None:
    path = program(tmp_path / "bin", "uv", "echo no such index >&2; exit 2")
    done = new(place, "--install", "--no-git", PATH=path)
    assert done.returncode == 1
    assert "no such index\n" in done.stderr
    assert "The project is made, but is not installed: " in done.stderr
    assert (place / "shop" / MADE).is_file()
    assert "pip install -e '.[dev]'" in done.stdout


def test_pip_installs_and_locks_where_there_is_no_uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = []

    def run(command: list[str], folder: Path, *, is_read: bool = False) -> bytes:
        assert folder == tmp_path
        commands.append(command[1:])
        return b"tornado==6.6.1\n" if is_read else b""

    monkeypatch.setattr(installation, "run", run)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert install(tmp_path, "3.11") == "requirements.lock"
    assert [" ".join(command[:3]) for command in commands] == ["-m venv .venv", "-m pip install", "-m pip freeze"]
    assert (tmp_path / "requirements.lock").read_bytes() == b"tornado==6.6.1\n"
    assert stat.S_IMODE((tmp_path / "requirements.lock").stat().st_mode) & 0o111 == 0


def test_a_python_that_is_too_old_for_the_project_is_told_at_once() -> None:
    with pytest.raises(InstallError, match=r"for Python 3\.99 and later"):
        check_python("3.99")
    check_python("3.11")
