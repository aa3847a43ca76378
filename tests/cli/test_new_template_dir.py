"""A template of somebody else: its files are rendered, and nothing of it is ever run."""

import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import pytest

from tornado_cli.errors import UsageError
from tornado_cli.scaffold.template import address_of, without_password

MANIFEST = """
[files]
"pyproject.toml" = { answers = true }
"setup.py" = {}
"conftest.py" = {}
"src/project_name/__init__.py" = { source = "setup.py" }
"git.txt" = { source = "conftest.py", when = "ci == github" }
"""


def tcli(folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tornado_cli", "new", *arguments],
        cwd=folder,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=x", "-c", "user.email=x@example.com", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """One that would tell if any of it were run."""
    folder = tmp_path / "template"
    (folder / "project").mkdir(parents=True)
    (folder / "manifest.toml").write_text(MANIFEST)
    (folder / "project/pyproject.toml").write_text('[project]\nname = "project-name"\n')
    for name in ("setup.py", "conftest.py", "sitecustomize.py"):
        (folder / "project" / name).write_text(f"open({str(tmp_path / 'ran')!r}, 'w')  # project_name\n")
    return folder


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "place").mkdir()
    return tmp_path / "place"


def record(project: Path) -> dict[str, object]:
    content: dict[str, object] = tomllib.loads((project / "pyproject.toml").read_text())["tool"]["tcli"]["template"]
    return content


def test_a_template_in_a_folder_is_rendered(place: Path, template: Path) -> None:
    done = tcli(place, "shop", "-t", "minimal", "--no-git", "--ci", "github", "--template-dir", "../template")
    assert (done.returncode, done.stderr) == (0, "")
    made = {str(path.relative_to(place / "shop")) for path in place.rglob("*") if path.is_file()}
    assert made == {"pyproject.toml", "setup.py", "conftest.py", "git.txt", "src/shop/__init__.py"}
    assert (place / "shop/setup.py").read_text().endswith("# shop\n")
    assert not (template.parent / "ran").exists()
    assert record(place / "shop")["source"] == "../template"
    assert "tcli new shop --template minimal --template-dir ../template --ci github --no-git\n" in done.stdout


def test_a_folder_without_a_template_is_told(place: Path) -> None:
    done = tcli(place, "shop", "-y", "--template-dir", "..")
    assert done.returncode == 1
    assert "manifest.toml: cannot be read" in done.stderr
    assert list(place.iterdir()) == []


def test_a_folder_that_is_not_there_is_told(place: Path) -> None:
    done = tcli(place, "shop", "-y", "--template-dir", "nowhere")
    assert done.returncode == 2
    assert "there is no folder nowhere" in done.stderr
    assert list(place.iterdir()) == []


@pytest.mark.outside("git")
def test_a_template_in_a_repository_is_fetched_and_its_commit_kept(place: Path, template: Path, tmp_path: Path) -> None:
    git(template, "init", "-q", "-b", "main")
    (template / ".gitattributes").write_text("* filter=theirs\n")
    git(template, "add", ".")
    git(template, "commit", "-qm", "one")
    git(template, "tag", "v1")
    one = git(template, "rev-parse", "HEAD")
    (template / "project/setup.py").write_text("two\n")
    git(template, "commit", "-qam", "two")
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "post-checkout").write_text(f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n")
    (hooks / "post-checkout").chmod(0o755)
    (tmp_path / "config").write_text(f"[core]\nhooksPath = {hooks}\n")
    (tmp_path / "temporary").mkdir()
    source = f"git+file://{template}@v1"
    env = {"GIT_CONFIG_GLOBAL": str(tmp_path / "config"), "TMPDIR": str(tmp_path / "temporary")}
    done = tcli(place, "shop", "--no-git", "--template-dir", source, **env)
    assert (done.returncode, done.stderr) == (0, "")
    assert (place / "shop/setup.py").read_text().endswith("# shop\n")
    assert (record(place / "shop")["source"], record(place / "shop")["version"]) == (source, one)
    assert not (tmp_path / "ran").exists()
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.outside("git")
def test_a_repository_that_is_not_there_is_told(place: Path) -> None:
    done = tcli(place, "shop", "-y", "--template-dir", f"git+file://user:hidden@/{tempfile.gettempdir()}/no-such/one")
    assert done.returncode == 1
    assert "cannot be fetched" in done.stderr
    assert "hidden" not in done.stderr
    assert list(place.iterdir()) == []


@pytest.mark.parametrize(
    "address", ["ext::sh -c true/x", "--upload-pack=x/y", "/folder", "http://host/x", "git@host:x"]
)
def test_what_might_be_a_program_is_no_address(address: str) -> None:
    with pytest.raises(UsageError, match="no address of a git repository"):
        address_of(f"git+{address}")


@pytest.mark.parametrize(
    ("typed", "address", "ref"),
    [
        ("git+https://host/a/b.git", "https://host/a/b.git", ""),
        ("git+https://host/a/b.git@v1.2", "https://host/a/b.git", "v1.2"),
        ("git+ssh://git@host:22/b", "ssh://git@host:22/b", ""),
        ("git+ssh://git@host/b@main", "ssh://git@host/b", "main"),
    ],
)
def test_a_branch_or_tag_stands_behind_the_address(typed: str, address: str, ref: str) -> None:
    assert address_of(typed) == (address, ref)


def test_a_password_is_never_shown_or_kept() -> None:
    assert without_password("git+https://me:secret@host/x@v1") == "git+https://host/x@v1"
    assert without_password("git+ssh://git@host/x") == "git+ssh://git@host/x"
