"""`tcli run`: a reload opens and drops addresses, and loses nobody who waits at one."""

import os
import signal
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.connection import Connection
from support.load import SteadyClients
from support.project import Gate, app_that_says, write
from support.server_process import ServerProcess
from support.trouble import leaders_of, stopped, workers_of

KEPT, DROPPED, NEW = "127.0.0.1:0", "127.0.0.2:0", "127.0.0.3:0"
EACH_DROPPED = pytest.mark.parametrize("dropped", [DROPPED, pytest.param("unix:app.sock", marks=pytest.mark.thorough)])
Place = tuple[str, int] | Path


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name: pytest's own may be longer than a socket's path can be."""
    with tempfile.TemporaryDirectory(prefix="tcli") as name:
        yield Path(name)


def bind(folder: Path, *binds: str) -> None:
    """Have the settings say so."""
    names = ", ".join(f'"{one}"' for one in binds)
    write(folder, {"pyproject.toml": f"[tool.tcli.run]\nbind = [{names}]\n"})


def running(folder: Path, *binds: str, options: Sequence[str] = ()) -> ServerProcess:
    bind(folder, *binds)
    write(folder, {"main.py": app_that_says("old")})
    return ServerProcess("run", "--hang-timeout", "0", *options, cwd=folder, port=None)


def place_of(url: str) -> Place:
    if url.startswith("unix:"):
        return Path(url.removeprefix("unix:"))
    host, _, port = url.removeprefix("http://").rpartition(":")
    return host, int(port)


def connect(place: Place) -> Connection:
    return Connection(place) if isinstance(place, Path) else Connection(place[1], host=place[0])


def text_from(place: Place) -> str:
    with connect(place) as client:
        return client.get().text


def places_at_start(server: ServerProcess) -> list[Place]:
    server.wait_for("ready", generation=1)
    return [place_of(str(url)) for url in server.wait_for("listening")["urls"]]


def reload(server: ServerProcess, generation: int) -> None:
    server.send(signal.SIGHUP)
    server.wait_for("ready", generation=generation)


def reload_and_leave(server: ServerProcess, generation: int) -> None:
    """As `reload`, until nobody is left who could accept with the old code."""
    reload(server, generation)
    for older in range(1, generation):
        if server.seen("ready", generation=older):
            server.wait_for("generation_left", generation=older)


def places_since(server: ServerProcess, change: int = 1) -> list[Place]:
    said = server.wait_for_all(change, {"event": "addresses"})[change - 1]
    return [place_of(str(url)) for url in said["urls"]]


def is_refused(place: Place) -> bool:
    """Whether nobody accepts there; fails when somebody does and gives no answer."""
    try:
        text_from(place)
    except (ConnectionRefusedError, FileNotFoundError):
        return True
    return False


def somebody_listens(place: Place) -> bool:
    """Whether one can connect; a socket's file is there before."""
    try:
        connect(place).close()
    except (ConnectionRefusedError, FileNotFoundError):
        return False
    return True


def wait_until_refused(place: Place) -> None:
    while not is_refused(place):
        """It came before the end."""


def test_a_new_address_is_served_by_every_new_worker(folder: Path) -> None:
    with running(folder, KEPT, options=["-w", "2"]) as server:
        [kept] = places_at_start(server)
        bind(folder, KEPT, NEW, "unix:app.sock")
        write(folder, {"main.py": app_that_says("another")})
        reload_and_leave(server, 2)
        assert places_since(server)[0] == kept
        for worker in workers_of(server, generation=2):
            with stopped(worker):
                assert {text_from(place) for place in places_since(server)} == {"another"}
        assert server.stop() == 0
    assert not (folder / "app.sock").exists()


@EACH_DROPPED
def test_who_is_queued_at_a_dropped_address_is_answered_by_those_who_leave(folder: Path, dropped: str) -> None:
    with running(folder, KEPT, dropped, options=["-w", "2"]) as server, ExitStack() as stack:
        kept, leaving = places_at_start(server)
        bind(folder, KEPT)
        write(folder, {"main.py": app_that_says("another")})
        with stopped(*workers_of(server)):
            clients = [stack.enter_context(connect(leaving)) for _ in range(40)]
            for client in clients:
                client.ask()
            reload(server, 2)
        assert {client.answer().text for client in clients} == {"old"}
        # Else they are waited for: they might ask once more.
        stack.close()
        server.wait_for("generation_left", generation=1)
        assert is_refused(leaving)
        assert text_from(kept) == "another"
        assert server.wait_for("addresses")["closed"] == [_url(leaving)]
        assert server.stop() == 0


def test_who_is_queued_at_an_address_that_stays_is_answered_by_those_who_come(folder: Path) -> None:
    with running(folder, KEPT, DROPPED) as server, ExitStack() as stack:
        kept, _ = places_at_start(server)
        bind(folder, NEW, KEPT)
        write(folder, {"main.py": app_that_says("another")})
        with stopped(*workers_of(server)):
            clients = [stack.enter_context(connect(kept)) for _ in range(40)]
            for client in clients:
                client.ask()
            reload(server, 2)
            assert {client.answer().text for client in clients} == {"another"}
        stack.close()
        assert server.stop() == 0


@EACH_DROPPED
def test_new_clients_of_a_dropped_address_are_refused_while_the_old_still_finish(folder: Path, dropped: str) -> None:
    with running(folder, KEPT, dropped, options=["-w", "2"]) as server:
        _, leaving = places_at_start(server)
        with connect(leaving) as busy:
            busy.begin_upload("/", 4)
            bind(folder, KEPT)
            reload(server, 2)
            wait_until_refused(leaving)
            assert not server.seen("generation_left", generation=1)
            busy.send(b"four")
            assert busy.answer().text == "4"
        server.wait_for("generation_left", generation=1)
        assert server.stop() == 0


@pytest.mark.outside("linux")
@pytest.mark.parametrize(
    ("stays", "dropped", "options"),
    [
        (KEPT, "unix:app.sock", ()),
        pytest.param("unix:app.sock", KEPT, (), marks=pytest.mark.thorough),
        ("unix:app.sock", KEPT, ("--reload-step", "1")),
    ],
)
def test_a_dropped_address_under_load_answers_or_refuses_and_the_others_go_on(
    folder: Path, stays: str, dropped: str, options: tuple[str, ...]
) -> None:
    with running(folder, stays, dropped, options=["-w", "2", *options]) as server:
        kept, leaving = (one if isinstance(one, Path) else one[1] for one in places_at_start(server))
        with SteadyClients(kept) as staying, SteadyClients(leaving) as moved:
            moved.wait_for_answers(20)
            bind(folder, stays)
            reload_and_leave(server, 2)
            wait_until_refused(place_of(server.wait_for("addresses")["closed"][0]))
            staying.wait_for_answers(20)
        assert not staying.failed
        # Not one reset: nobody comes any more when those who have come are accepted.
        refusal = "FileNotFoundError" if isinstance(leaving, Path) else "ConnectionRefusedError"
        assert {one.text.partition("(")[0] for one in moved.failed} == {refusal}
        assert server.stop() == 0


def test_an_address_that_cannot_be_opened_refuses_the_reload_in_one_line(folder: Path) -> None:
    with running(folder, KEPT, "unix:app.sock") as server, socket.create_server(("127.0.0.1", 0)) as taken:
        places = places_at_start(server)
        port = taken.getsockname()[1]
        bind(folder, KEPT, "unix:new.sock", f"127.0.0.1:{port}")
        server.send(signal.SIGHUP)
        refused = str(server.wait_for("reload_refused", level="error")["message"])
        assert refused.startswith(f"Not reloaded: Port {port} is taken by pid ")
        assert {text_from(place) for place in places} == {"old"}
        assert not (folder / "new.sock").exists()
        # The next one is not held up by it.
        taken.close()
        write(folder, {"main.py": app_that_says("another")})
        reload_and_leave(server, 2)
        assert {text_from(place) for place in places_since(server)} == {"another"}
        assert len(server.seen("starting")) == 2
        assert server.stop() == 0


def test_a_reload_that_fails_closes_what_it_had_opened_and_keeps_what_it_was_to_drop(folder: Path) -> None:
    with running(folder, DROPPED) as server:
        [old] = places_at_start(server)
        bind(folder, "unix:new.sock")
        gate = Gate(folder / "gate")
        write(folder, {"main.py": f"{gate.code}\nraise SystemExit('broken')\n{app_that_says('another')}"})
        server.send(signal.SIGHUP)
        gate.wait_for_somebody()
        assert (folder / "new.sock").is_socket()
        gate.open()
        server.wait_for("reload_failed")
        assert text_from(old) == "old"
        assert not (folder / "new.sock").exists()
        write(folder, {"main.py": app_that_says("another")})
        reload(server, 3)
        assert text_from(folder / "new.sock") == "another"
        wait_until_refused(old)
        assert server.stop() == 0


def test_addresses_changed_again_while_a_reload_runs_are_those_of_the_next(folder: Path) -> None:
    with running(folder, "unix:1.sock") as server:
        places_at_start(server)
        gate = Gate(folder / "gate")
        bind(folder, "unix:2.sock")
        write(folder, {"main.py": gate.code + app_that_says("2")})
        server.send(signal.SIGHUP)
        gate.wait_for_somebody()
        bind(folder, "unix:3.sock")
        write(folder, {"main.py": app_that_says("3")})
        server.send(signal.SIGHUP)
        with ExitStack() as stack:
            # Opened, but not yet served: nobody is turned away.
            while not somebody_listens(folder / "3.sock"):
                text_from(folder / "1.sock")
            early = stack.enter_context(connect(folder / "3.sock"))
            early.ask()
            gate.open()
            server.wait_for("ready", generation=3)
            assert early.answer().text == "3"
        assert [path.name for path in folder.glob("*.sock")] == ["3.sock"]
        assert server.stop() == 0


def test_host_and_port_may_change_as_well(folder: Path) -> None:
    write(folder, {"main.py": app_that_says("one"), "pyproject.toml": "[tool.tcli.run]\nport = 0\n"})
    with ServerProcess("run", cwd=folder, port=None) as server:
        [old] = places_at_start(server)
        write(folder, {"pyproject.toml": '[tool.tcli.run]\nhost = "127.0.0.2"\nport = 0\n'})
        reload(server, 2)
        [new] = places_since(server)
        assert text_from(new) == "one"
        wait_until_refused(old)
        assert not server.seen("needs_restart")
        assert server.stop() == 0


def test_the_certificate_that_tcli_makes_is_not_taken_to_an_address_that_others_reach(folder: Path) -> None:
    with running(folder, KEPT, options=["--ssl"]) as server:
        server.wait_for("ready", generation=1)
        bind(folder, KEPT, "0.0.0.0:0")
        server.send(signal.SIGHUP)
        assert "needs a certificate" in str(server.wait_for("reload_refused")["message"])
        assert server.get().text == "old"
        assert not server.seen("starting", generation=2)
        assert server.stop() == 0


def test_a_socket_file_that_somebody_removed_is_back_after_a_reload(folder: Path) -> None:
    with running(folder, "unix:app.sock") as server:
        places_at_start(server)
        (folder / "app.sock").unlink()
        reload(server, 2)
        assert text_from(folder / "app.sock") == "old"
        assert server.stop() == 0
    assert not (folder / "app.sock").exists()


def test_a_generation_that_follows_a_dead_leader_listens_where_the_settings_say(folder: Path) -> None:
    with running(folder, KEPT, "unix:app.sock") as server:
        places_at_start(server)
        bind(folder, KEPT, "unix:new.sock")
        reload_and_leave(server, 2)
        kept, new = places_since(server)
        [leader] = leaders_of(server)
        os.kill(leader, signal.SIGKILL)
        server.wait_for("ready", generation=3)
        server.wait_for("generation_left", generation=2)
        assert text_from(kept) == text_from(new) == "old"
        assert server.stop() == 0


def test_an_address_of_its_own_that_stands_in_the_way_is_named(folder: Path) -> None:
    with running(folder, KEPT) as server:
        [place] = places_at_start(server)
        assert isinstance(place, tuple)
        bind(folder, f"0.0.0.0:{place[1]}")
        server.send(signal.SIGHUP)
        assert f"while this server listens on {KEPT}" in str(server.wait_for("reload_refused")["message"])
        assert text_from(place) == "old"
        assert server.stop() == 0


def test_what_no_longer_reads_as_an_address_leaves_the_old_ones(folder: Path) -> None:
    with running(folder, KEPT) as server:
        [place] = places_at_start(server)
        bind(folder, "8000")
        server.send(signal.SIGHUP)
        assert "is no address" in str(server.wait_for("settings_failed")["message"])
        assert text_from(place) == "old"
        assert server.stop() == 0


def _url(place: Place) -> str:
    return f"unix:{place}" if isinstance(place, Path) else f"http://{place[0]}:{place[1]}"
