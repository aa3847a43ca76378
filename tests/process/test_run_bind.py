"""`tcli run --bind`: several addresses, Unix sockets, and sockets that were inherited."""

import signal
import socket
import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.connection import Connection
from support.project import app_that_says, write
from support.server_process import ServerProcess
from support.trouble import TROUBLE, stopped, workers_of

WHO = """
import os
from tornado.web import Application, RequestHandler

class Main(RequestHandler):
    def get(self):
        self.write(f"{os.getpid()} {self.request.protocol} {self.request.remote_ip}")

def make_app():
    return Application([("/.*", Main)], xheaders=True)
"""
LISTENS = """
from tornado.ioloop import IOLoop
from tornado.web import Application, RequestHandler

class Main(RequestHandler):
    def get(self):
        self.write("script")

if __name__ == "__main__":
    Application([("/", Main)]).listen(8888)
    IOLoop.current().start()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name: pytest's own may be longer than a socket's path can be."""
    with tempfile.TemporaryDirectory(prefix="tcli") as name:
        yield Path(name)


def run(folder: Path, *binds: str, options: tuple[str, ...] = (), under: tuple[str, ...] = ()) -> ServerProcess:
    flags = [word for bind in binds for word in ("--bind", bind)]
    return ServerProcess("run", *flags, *options, cwd=folder, port=None, under=under)


def text_from(where: int | Path, path: str = "/", *, tls: bool = False) -> str:
    with Connection(where, tls=tls) as client:
        return client.get(path).text


def ports_of(server: ServerProcess) -> list[int]:
    urls = [str(url) for url in server.wait_for("listening")["urls"]]
    return [int(url.rpartition(":")[2]) for url in urls if not url.startswith("unix:")]


def test_every_worker_serves_every_address(folder: Path) -> None:
    write(folder, {"main.py": TROUBLE})
    with run(folder, "127.0.0.1:0", "localhost:0", "unix:app.sock", options=("-w", "2")) as server:
        server.wait_for("ready")
        first, second = ports_of(server)
        assert first == server.port
        workers = workers_of(server)
        assert len(workers) == 2
        for worker in workers:
            with stopped(worker):
                answers = {text_from(where) for where in (first, second, folder / "app.sock")}
                assert answers == {str(pid) for pid in workers - {worker}}
        assert server.stop() == 0


def test_the_line_that_says_where_it_listens_names_every_address(folder: Path) -> None:
    write(folder, {"main.py": app_that_says("one")})
    with run(folder, "127.0.0.1:0", "unix:app.sock") as server:
        said = server.wait_for("listening")
        urls = [f"http://127.0.0.1:{server.port}", f"unix:{folder}/app.sock"]
        assert said["urls"] == urls
        assert str(said["message"]).endswith(f"on {urls[0]} and {urls[1]}")
        server.wait_for("ready")
        assert server.stop() == 0


@pytest.mark.parametrize(
    ("table", "env"),
    [
        ('bind = ["unix:app.sock"]', {}),
        ("", {"TCLI_RUN_BIND": "unix:app.sock unix:other.sock"}),
        ('bind = ["unix:nowhere/app.sock"]', {"TCLI_RUN_BIND": "unix:app.sock", "PORT": "1"}),
        pytest.param("port = 1", {"TCLI_RUN_BIND": "unix:app.sock", "PORT": "1"}, marks=pytest.mark.thorough),
    ],
)
def test_addresses_come_from_the_file_and_from_variables_too(folder: Path, table: str, env: dict[str, str]) -> None:
    write(folder, {"main.py": app_that_says("one"), "pyproject.toml": f"[tool.tcli.run]\n{table}\n"})
    with ServerProcess("run", cwd=folder, env=env, port=None) as server:
        server.wait_for("ready")
        assert text_from(folder / "app.sock") == "one"
        assert (folder / "other.sock").exists() is ("other" in str(env))
        assert server.stop() == 0


def test_tls_is_for_tcp_and_unix_sockets_are_plain(folder: Path) -> None:
    write(folder, {"main.py": WHO})
    with run(folder, "127.0.0.1:0", "unix:app.sock", options=("--ssl",)) as server:
        server.wait_for("ready")
        assert text_from(server.port, tls=True).split()[1:] == ["https", "127.0.0.1"]
        assert text_from(folder / "app.sock").split()[1] == "http"
        assert text_from(server.port, tls=True).split()[1] == "https"
        assert server.stop() == 0


def test_a_certificate_of_our_own_is_refused_when_one_of_the_addresses_can_be_reached(folder: Path) -> None:
    write(folder, {"main.py": app_that_says("one")})
    with run(folder, "127.0.0.1:0", "*:0", "unix:app.sock", options=("--ssl",)) as server:
        assert server.wait_for_exit() == 2
        assert "--ssl on * needs a certificate" in server.stderr
    assert not (folder / "app.sock").exists()


def test_clients_of_a_unix_socket_have_a_name_in_the_log(folder: Path) -> None:
    write(folder, {"main.py": app_that_says("one")})
    with run(folder, "unix:app.sock") as server:
        assert server.wait_for("listening")["port"] is None
        server.wait_for("ready")
        assert text_from(folder / "app.sock", "/by-path") == "one"
        assert server.wait_for("access", path="/by-path")["client"] == "unix"
        assert server.stop() == 0


def test_a_unix_socket_is_removed_at_the_end_and_others_stay(folder: Path) -> None:
    write(folder, {"main.py": app_that_says("one")})
    with run(folder, "unix:app.sock", "unix:moved.sock") as server:
        server.wait_for("ready")
        (folder / "moved.sock").unlink()
        with socket.socket(socket.AF_UNIX) as theirs:
            theirs.bind(str(folder / "moved.sock"))
            assert server.stop() == 0
            assert not (folder / "app.sock").exists()
            assert stat.S_ISSOCK((folder / "moved.sock").stat().st_mode)


@pytest.mark.parametrize("code", ["raise SystemExit('broken')", "import nowhere_to_be_found"])
def test_an_application_that_cannot_start_leaves_no_socket(folder: Path, code: str) -> None:
    write(folder, {"main.py": code})
    with ServerProcess("run", "main:make_app", "--bind", "unix:app.sock", cwd=folder, port=None) as server:
        assert server.wait_for_exit() == 3
    assert not (folder / "app.sock").exists()


def test_a_socket_that_a_killed_server_left_is_replaced_but_not_one_that_is_served(folder: Path) -> None:
    write(folder, {"main.py": app_that_says("one")})
    with run(folder, "unix:app.sock") as killed:
        killed.wait_for("ready")
        killed.send(signal.SIGKILL)
        killed.wait_for_exit()
        killed.wait_until_nothing_is_left()
    assert (folder / "app.sock").is_socket()
    with run(folder, "unix:app.sock") as server:
        server.wait_for("ready")
        with run(folder, "unix:app.sock") as second:
            assert second.wait_for_exit() == 1
            assert f"app.sock is taken by pid {server.pid} (" in second.stderr
        assert text_from(folder / "app.sock") == "one"
        assert server.stop() == 0


def test_connections_queued_at_any_address_when_it_stops_are_answered(folder: Path) -> None:
    write(folder, {"main.py": app_that_says("one")})
    with run(folder, "127.0.0.1:0", "unix:app.sock", "127.0.0.1:0", options=("--hang-timeout", "0")) as server:
        server.wait_for("ready")
        with ExitStack() as stack:
            with stopped(*workers_of(server)):
                places: list[int | Path] = [*ports_of(server), folder / "app.sock"] * 13
                clients = [stack.enter_context(Connection(place)) for place in places]
                for client in clients:
                    client.ask()
                server.send(signal.SIGTERM)
                server.wait_for("stopping")
            assert {client.answer().text for client in clients} == {"one"}
        assert server.wait_for_exit() == 0


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_UNIX])
def test_a_listener_that_a_parent_hands_over_is_served_and_stays_the_parents(
    folder: Path, family: socket.AddressFamily
) -> None:
    write(folder, {"main.py": app_that_says("one")})
    with socket.socket(family) as theirs:
        where: int | Path = folder / "theirs.sock"
        theirs.bind(("127.0.0.1", 0) if family == socket.AF_INET else str(where))
        theirs.listen()
        if family == socket.AF_INET:
            where = int(theirs.getsockname()[1])
        # As service managers do: from 3 on.
        shell = ("bash", "-c", f'exec 3<&{theirs.fileno()}; exec "$@"', "-")
        with ServerProcess(
            "run", "--bind", "fd:3", "--bind", "127.0.0.1:0", cwd=folder, port=None, under=shell, inherits=[theirs]
        ) as server:
            server.wait_for("ready")
            assert text_from(where) == "one"
            server.send(signal.SIGHUP)
            server.wait_for("generation_left", generation=1)
            assert text_from(where) == "one"
            assert server.stop() == 0
        # Who holds it besides goes on with it, and so does who waits there.
        with Connection(where):
            theirs.accept()[0].close()


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--bind", "8000"), 2, "is no address"),
        (("--bind", "fd:99"), 1, "fd:99 is not open"),
        (("--bind", "fd:0"), 1, "fd:0 is no socket"),
        (("--bind", "unix:nowhere/app.sock"), 1, "There is no folder"),
        (("--bind", "unix:main.py"), 1, "main.py is a file, not a socket"),
        (("--bind", f"unix:{'x' * 200}"), 1, "has at most"),
        (("--bind", "unix:app.sock", "--bind", "192.0.2.1:0"), 1, "192.0.2.1 is not an address of this machine"),
        (("--bind", "127.0.0.1:0", "--port", "0"), 2, "--bind excludes --host and --port"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_listened_on_is_told_before_anything_starts(
    folder: Path, options: tuple[str, ...], code: int, words: str
) -> None:
    write(folder, {"main.py": app_that_says("one")})
    with ServerProcess("run", *options, cwd=folder, port=None) as server:
        assert server.wait_for_exit() == code
        assert words in server.stderr
        assert not server.seen("starting")
    assert list(folder.glob("*.sock")) == []


def test_a_script_serves_what_is_bound_instead_of_its_own_port(folder: Path) -> None:
    write(folder, {"main.py": LISTENS})
    with run(folder, "unix:app.sock", "127.0.0.1:0") as server:
        server.wait_for("ready")
        assert text_from(folder / "app.sock") == "script"
        assert text_from(server.port) == "script"
        assert server.stop() == 0


def test_tls_for_unix_sockets_alone_is_told_to_be_in_vain(folder: Path) -> None:
    write(folder, {"main.py": app_that_says("one")})
    with run(folder, "unix:app.sock", options=("--ssl",)) as server:
        server.wait_for("plain", level="warning")
        server.wait_for("ready")
        assert text_from(folder / "app.sock") == "one"
        assert server.stop() == 0
