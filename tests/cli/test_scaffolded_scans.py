"""What scanners find in a project with everything: nothing of medium severity or above, nothing known to be unsafe."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from support.audit import NotCheckedError, audit

from tornado_cli.scaffold.generate import plan

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = plan(tmp_path_factory.mktemp("made") / "shop", preset="full")
    made.write()
    return made.target


def test_bandit_finds_nothing_of_medium_severity(project: Path) -> None:
    command = [sys.executable, "-m", "bandit", "--recursive", "--severity-level", "medium", "--format", "json"]
    done = subprocess.run([*command, str(project)], capture_output=True, text=True, check=False, timeout=120)
    told = json.loads(done.stdout[done.stdout.index("{") :])
    assert [f"{one['filename']}:{one['line_number']} {one['issue_text']}" for one in told["results"]] == []
    assert told["errors"] == []
    assert told["metrics"]["_totals"]["loc"] > 1000


def test_pip_audit_knows_nothing_against_what_it_depends_on(project: Path, tmp_path: Path) -> None:
    wanted = tomllib.loads((project / "pyproject.toml").read_text())["project"]["dependencies"]
    try:
        assert audit(wanted, tmp_path) == []
    except NotCheckedError as reason:
        # Where there is no way to the database there will be none: that is told, and is no evidence.
        pytest.skip(f"outside: the database of pip-audit is missing: {reason}")
