"""What a made project keeps, in the database that it was made for."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.databases import mariadb, postgresql
from support.full_project import make_full

pytestmark = pytest.mark.thorough
OF_DATA = tuple(f"tests/test_{part}.py" for part in ("auth", "oauth", "items", "migrations", "health"))
SERVERS = {"postgres": postgresql, "mysql": mariadb}


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("postgres", marks=pytest.mark.outside("pg_ctlcluster", "setpriv")),
        pytest.param("mysql", marks=pytest.mark.outside("mariadbd")),
    ],
)
def server(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """The answer to --db, and the address of such a database."""
    with SERVERS[request.param]() as url:
        yield request.param, url


def test_a_made_project_logs_in_migrates_and_keeps_items_in_a_real_database(
    server: tuple[str, str], tmp_path: Path
) -> None:
    kind, url = server
    made = make_full(tmp_path, db=kind)
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", *OF_DATA]
    env = {**os.environ, "TEST_DATABASE_URL": url, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=made, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" not in done.stdout
