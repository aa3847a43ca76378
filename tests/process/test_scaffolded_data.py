"""What a made project keeps, in the database that it was made for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.databases import postgresql

from tornado_cli.scaffold.generate import plan

OF_DATA = tuple(f"tests/test_{part}.py" for part in ("auth", "oauth", "items", "migrations", "health"))


@pytest.mark.outside("pg_ctlcluster", "setpriv")
def test_a_made_project_logs_in_and_keeps_items_in_a_real_postgresql(tmp_path: Path) -> None:
    made = plan(tmp_path / "shop", preset="full")
    made.write()
    with postgresql() as url:
        command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", *OF_DATA]
        env = {**os.environ, "TEST_DATABASE_URL": url}
        done = subprocess.run(
            command, cwd=made.target, env=env, capture_output=True, text=True, check=False, timeout=120
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" not in done.stdout
