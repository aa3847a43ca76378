"""What is secret in a request or in the settings is in no line, traceback or dump of either command."""

from pathlib import Path

import pytest
from support.project import write
from support.server_process import ServerProcess

PLANTED = "PLANTED-s3cret"
APP = """
import os
import time

from tornado.web import Application, RequestHandler

DATABASE_URL = os.environ["DATABASE_URL"]


class Main(RequestHandler):
    def prepare(self):
        self.password = self.get_query_argument("token")

    def post(self, what):
        secret = DATABASE_URL
        if what == "raises":
            raise RuntimeError(f"no {what} of {len(secret)}")
        if what == "sends_error":
            self.send_error(500)
        if what == "dies":
            os._exit(3)
        if what == "hangs":
            time.sleep(3600)


def make_app():
    return Application([("/(.*)", Main)], cookie_secret=os.environ["COOKIE_SECRET"], db=DATABASE_URL)
"""
SETTINGS = {"DATABASE_URL": f"postgresql://app:{PLANTED}@localhost/app", "COOKIE_SECRET": PLANTED}


@pytest.mark.parametrize("command", ["serve", "run"])
def test_nothing_secret_is_told(tmp_path: Path, command: str) -> None:
    # X8
    write(tmp_path, {"main.py": APP, "pyproject.toml": f'[tool.shop]\npassword = "{PLANTED}"\n'})
    files = ("--log-file", "app.log", "--access-log-file", "access.log", "--log-level", "debug")
    options = ("--hang-timeout", "0.5") if command == "run" else ("--debug", "--blocked-after", "0.1")
    outcomes = ["fine", "raises", "sends_error", *(["hangs", "dies"] if command == "run" else ["dies"])]
    with ServerProcess(command, *files, *options, cwd=tmp_path, env=SETTINGS) as server:
        server.wait_for("ready")
        for what in outcomes:
            ask(server, what)
        server.wait_for("worker_died" if command == "run" else "app_failed")
        if command == "run":
            assert server.wait_for("worker_killed")
            server.wait_for_all(3, {"event": "worker_ready"})
        assert server.stop() == 0
    told = "\n".join([*server.lines, server.stderr, *((tmp_path / name).read_text() for name in (files[1], files[3]))])
    assert "no raises of" in told
    assert "/fine?token=***" in told
    assert PLANTED not in told
    assert not [path for path in tmp_path.rglob("*.log") if PLANTED in path.read_text()]


def ask(server: ServerProcess, what: str) -> None:
    """Send a request full of secrets, and wait for its end, whatever it is."""
    body = f"password={PLANTED}"
    with server.connect() as client:
        client.ask(
            f"/{what}?token={PLANTED}",
            method="POST",
            Authorization=f"Bearer {PLANTED}",
            Cookie=f"session={PLANTED}",
            Content_Type="application/x-www-form-urlencoded",
            Content_Length=str(len(body)),
            Connection="close",
        )
        client.send(body.encode())
        client.wait_for_end()
