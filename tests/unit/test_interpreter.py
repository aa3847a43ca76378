"""The project's interpreter is used when it is another one than ours."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tornado_cli.system.interpreter import (
    REEXEC_MARKER,
    Reexec,
    Stay,
    Warn,
    has_tcli,
    install_command,
    install_source,
    project_interpreter,
    reexec_plan,
)
from tornado_cli.system.interpreter_flags import interpreter_flags

OURS = "/opt/tcli"


def environment(folder: Path, *distributions: str, version: str = "3.12") -> Path:
    """Make a virtual environment as far as it is looked at; its Python cannot run."""
    packages = folder / "lib" / f"python{version}" / "site-packages"
    packages.mkdir(parents=True)
    for distribution in distributions:
        (packages / f"{distribution}.dist-info").mkdir()
    (folder / "bin").mkdir()
    (folder / "bin" / "python").touch()
    return folder / "bin" / "python"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "src" / "package").mkdir(parents=True)
    (root / "pyproject.toml").touch()
    return root


def found(directory: Path, activated: Path | None = None, current: str | Path = OURS) -> Path | None:
    environ = {"VIRTUAL_ENV": str(activated)} if activated else {}
    return project_interpreter(directory, environ, str(current))


@pytest.mark.parametrize("name", [".venv", "venv"])
@pytest.mark.parametrize("directory", [".", "src/package"])
def test_the_environment_in_the_project_is_found_from_anywhere_in_it(project: Path, name: str, directory: str) -> None:
    python = environment(project / name)
    assert found(project / directory) == python


def test_dot_venv_comes_before_venv_and_the_nearest_folder_first(project: Path) -> None:
    environment(project / "venv")
    dotted = environment(project / ".venv")
    assert found(project) == dotted
    nearest = environment(project / "src" / "venv")
    assert found(project / "src") == nearest


def test_an_activated_environment_comes_first(project: Path, tmp_path: Path) -> None:
    environment(project / ".venv")
    activated = environment(tmp_path / "activated")
    assert found(project, tmp_path / "activated") == activated


def test_an_activated_environment_that_is_gone_is_passed_over(project: Path, tmp_path: Path) -> None:
    python = environment(project / ".venv")
    assert found(project, tmp_path / "gone") == python


def test_environments_outside_the_project_are_not_its_own(project: Path, tmp_path: Path) -> None:
    environment(tmp_path / ".venv")
    assert found(project) is None


def test_without_a_project_only_the_folder_itself_is_looked_at(tmp_path: Path) -> None:
    python = environment(tmp_path / ".venv")
    (tmp_path / "below").mkdir()
    assert found(tmp_path) == python
    assert found(tmp_path / "below") is None


def test_when_we_run_in_an_environment_of_the_project_nothing_changes(project: Path, tmp_path: Path) -> None:
    environment(project / ".venv")
    environment(tmp_path / "activated")
    assert found(project, current=project / ".venv") is None
    assert found(project, tmp_path / "activated", current=tmp_path / "activated") is None
    # Called by its path while another one is activated.
    assert found(project, tmp_path / "activated", current=project / ".venv") is None


def test_an_environment_reached_by_a_link_is_the_same_one(project: Path, tmp_path: Path) -> None:
    environment(tmp_path / "real")
    (project / ".venv").symlink_to(tmp_path / "real")
    assert found(project, current=tmp_path / "real") is None


def test_environments_of_one_python_are_told_apart_and_keep_their_names(project: Path) -> None:
    python = environment(project / ".venv")
    python.unlink()
    python.symlink_to(sys.executable)
    assert found(project, current=sys.prefix) == python


def test_a_folder_without_a_python_is_no_environment(project: Path) -> None:
    (project / ".venv").mkdir()
    assert found(project) is None


@pytest.mark.parametrize(
    ("distributions", "expected"),
    [(["tornado_tcli-0.1.0"], True), (["tcli-1.0"], False), (["tornado_cli-2.0"], False), ([], False)],
)
def test_tcli_is_found_by_its_distribution_without_running_anything(
    tmp_path: Path, distributions: Sequence[str], expected: bool
) -> None:
    assert has_tcli(environment(tmp_path / "env", *distributions)) is expected


def plan(project: Path | None, *, installed: bool = True, marker: str = "") -> Stay | Reexec | Warn:
    environ = {REEXEC_MARKER: marker} if marker else {}
    return reexec_plan(
        project,
        installed=installed,
        arguments=["run", "--port", "1"],
        flags=["-O", "-P"],
        environ=environ,
        pid=42,
        source="tornado-tcli",
    )


def test_without_another_environment_we_stay() -> None:
    assert plan(None) == Stay()


def test_tcli_of_the_project_takes_over_with_the_same_arguments_and_flags() -> None:
    assert plan(Path("/p/.venv/bin/python")) == Reexec(
        ("/p/.venv/bin/python", "-O", "-P", "-m", "tornado_cli", "run", "--port", "1"), {REEXEC_MARKER: "42"}
    )


def test_an_exec_is_not_followed_by_another_one() -> None:
    assert plan(Path("/p/.venv/bin/python"), marker="42") == Stay()


def test_a_child_of_one_that_was_execd_decides_for_itself() -> None:
    assert isinstance(plan(Path("/p/.venv/bin/python"), marker="41"), Reexec)


def test_where_tcli_is_missing_the_warning_has_the_line_to_type(tmp_path: Path) -> None:
    python = environment(tmp_path / "my project", "pip-25.0")
    warning = plan(python, installed=False)
    assert isinstance(warning, Warn)
    assert str(python) in warning.message
    assert warning.hint == f"Install it there: '{python}' -m pip install tornado-tcli"


def test_an_environment_without_pip_is_given_to_uv(tmp_path: Path) -> None:
    python = environment(tmp_path / "env")
    assert install_command(python, "tornado-tcli") == f"uv pip install --python {python} tornado-tcli"


@pytest.mark.parametrize(
    ("record", "source"),
    [
        (None, "tornado-tcli"),
        ({"url": "file:///src/my tcli", "dir_info": {"editable": True}}, "-e '/src/my tcli'"),
        ({"url": "file:///src/my%20tcli", "dir_info": {}}, "'/src/my tcli'"),
        ({"url": "https://example.com/tcli.whl", "archive_info": {}}, "https://example.com/tcli.whl"),
        (
            {"url": "https://example.com/tcli", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
            "git+https://example.com/tcli@abc",
        ),
    ],
)
def test_it_is_installed_from_where_ours_came_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record: dict[str, object] | None, source: str
) -> None:
    installed = tmp_path / "tornado_tcli-0.1.0.dist-info"
    installed.mkdir()
    if record:
        (installed / "direct_url.json").write_text(json.dumps(record))
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert install_source() == source


def test_the_plan_starts_the_same_tcli(tmp_path: Path) -> None:
    decided = reexec_plan(
        Path(sys.executable),
        installed=True,
        arguments=["--version"],
        flags=interpreter_flags(),
        environ={},
        pid=os.getpid(),
        source="",
    )
    assert isinstance(decided, Reexec)
    (tmp_path / "click.py").write_text("raise SystemExit('a file of the user was imported as ours')")
    done = subprocess.run(decided.argv, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.startswith("tcli ")
