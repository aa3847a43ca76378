"""`tcli serve`: an application with a port or a lock of its own works at every save."""

from pathlib import Path

import pytest
from support.ports import free_port
from support.project import app_that_says, save, write
from support.server_process import ServerProcess

HOLDS = {
    "a port": "import socket\nown = socket.create_server(('127.0.0.1', {port}))\n",
    "a lock": "import fcntl\nown = open('own.lock', 'w')\nfcntl.flock(own, fcntl.LOCK_EX | fcntl.LOCK_NB)\n",
    "a port in its lifespan": """
import contextlib, socket

@contextlib.asynccontextmanager
async def lifespan(app):
    with socket.create_server(("127.0.0.1", {port})):
        yield
""",
}


def holding(what: str, says: str, port: int) -> str:
    return HOLDS[what].replace("{port}", str(port)) + app_that_says(says)


@pytest.mark.parametrize("what", HOLDS)
def test_what_it_holds_is_free_for_the_next_at_every_save(tmp_path: Path, what: str) -> None:
    port = free_port()
    write(tmp_path, {"main.py": holding(what, "0", port)})
    with ServerProcess("serve", "main:make_app", cwd=tmp_path) as server:
        server.wait_for("ready")
        for number in range(1, 6):
            save(tmp_path / "main.py", holding(what, str(number), port))
            server.wait_for("reloaded", attempt=number + 1)
            assert server.get().text == str(number)
        assert not server.seen("app_failed")


@pytest.mark.parametrize(
    "what", ["a lock", "a port in its lifespan", pytest.param("a port", marks=pytest.mark.thorough)]
)
def test_it_is_tried_again_when_the_old_one_has_finished_its_request(tmp_path: Path, what: str) -> None:
    port = free_port()
    write(tmp_path, {"main.py": holding(what, "old", port)})
    with ServerProcess("serve", "main:make_app", "--reload-grace", "20", cwd=tmp_path) as server:
        server.wait_for("ready")
        with server.connect() as busy:
            busy.begin_upload("/", 4)
            tells = "print('tried', flush=True)\n"
            save(tmp_path / "main.py", tells + holding(what, "new", port))
            server.wait_for(printed="tried")
            busy.send(b"four")
            assert busy.answer().text == "4"
        server.wait_for("reloaded")
        assert server.get().text == "new"
        assert not server.seen("app_failed")


def test_broken_code_is_tried_again_once_at_most(tmp_path: Path) -> None:
    broken = "print('tried', flush=True)\n1 / 0\n"
    write(tmp_path, {"main.py": app_that_says("old")})
    with ServerProcess("serve", "main:make_app", "--reload-grace", "0.3", cwd=tmp_path) as server:
        server.wait_for("ready")
        with server.connect() as busy:
            busy.begin_upload("/", 4)
            save(tmp_path / "main.py", broken)
            server.wait_for("app_failed")
            assert server.get().status == 500
        # Once, when the old one had gone by then.
        assert len([event for event in server.events if event.get("printed") == "tried"]) <= 2
        assert len(server.seen("app_failed")) == 1
