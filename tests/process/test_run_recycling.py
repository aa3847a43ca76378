"""`tcli run`: workers that have served enough, more of them and fewer, and reloads step by step."""

import signal
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import pytest
from support.cgroups import cgroup
from support.load import SteadyClients
from support.project import Gate, app_that_says, write
from support.server_process import ServerProcess
from support.trouble import TROUBLE, stopped, workers_of

HOARDS = """
hoard = []

class Hoard(__import__("tornado.web").web.RequestHandler):
    def get(self):
        hoard.append(bytearray(b"x" * 60 * 1024 * 1024))
        self.write(str(__import__("os").getpid()))
"""


@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.thorough), 2])
def test_workers_past_their_requests_are_replaced_one_at_a_time_and_nothing_is_lost(
    tmp_path: Path, workers: int
) -> None:
    # S32
    write(tmp_path, {"main.py": TROUBLE})
    options = ("-w", str(workers), "--max-requests", "20", "--hang-timeout", "1")
    with ServerProcess("run", *options, cwd=tmp_path) as server:
        server.wait_for("ready")
        with SteadyClients(server.port) as clients:
            server.wait_for_all(4, {"event": "recycling"})
            clients.wait_for_answers(20)
        assert not clients.failed
        assert not server.seen("worker_died")
        story = [event for event in server.events if event.get("event") in {"recycling", "worker_ready"}]
        # Each recycling waits until the replacement of the one before is ready.
        names = [event["event"] for event in story if event["event"] == "recycling" or event in story[workers:]]
        assert all(pair != ("recycling", "recycling") for pair in pairwise(names))
        assert server.stop() == 0


def test_a_worker_that_uses_too_much_memory_is_replaced(tmp_path: Path) -> None:
    # S32
    app = TROUBLE.replace('("/", Pid)', '("/", Pid), ("/hoard", Hoard)')
    write(tmp_path, {"main.py": HOARDS + app})
    with ServerProcess("run", "main:make_app", "--max-rss", "80", "--hang-timeout", "1", cwd=tmp_path) as server:
        server.wait_for("ready")
        [big] = workers_of(server)
        assert int(server.get("/hoard").text) == big
        assert "MiB" in str(server.wait_for("recycling")["message"])
        server.wait_for_all(2, {"event": "worker_ready"})
        while int(server.get().text) == big:
            """It is only told to leave when the other is ready."""
        assert len(server.seen("recycling")) == 1
        assert server.stop() == 0


def test_a_worker_past_its_lifetime_is_replaced(tmp_path: Path) -> None:
    # S32
    write(tmp_path, {"main.py": TROUBLE})
    options = ("-w", "2", "--max-lifetime", "0.4", "--hang-timeout", "1")
    with ServerProcess("run", *options, cwd=tmp_path) as server:
        server.wait_for("ready")
        with SteadyClients(server.port) as clients:
            server.wait_for_all(3, {"event": "recycling"})
        assert not clients.failed
        assert server.stop() == 0


def test_ttin_and_ttou_are_one_worker_more_and_one_less(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": TROUBLE})
    with ServerProcess("run", "--keep-alive-linger", "0", cwd=tmp_path) as server:
        server.wait_for("ready")
        with SteadyClients(server.port) as clients:
            # Beyond the spares, too.
            for workers in range(2, 6):
                server.send(signal.SIGTTIN)
                server.wait_for("scaled", workers=workers)
            server.wait_for("ready", generation=2)
            server.wait_for("generation_left", generation=1)
            survivor = next(str(one["worker"]) for one in server.seen("worker_ready", generation=2) if one["slot"] == 0)
            with ExitStack() as stack:
                kept = [stack.enter_context(server.connect()) for _ in range(20)]
                holders = [client.get().text for client in kept]
                assert len(set(holders)) == 5
                for workers in range(4, 0, -1):
                    server.send(signal.SIGTTOU)
                    server.wait_for_all(2 if workers > 1 else 1, {"event": "scaled", "workers": workers})
                # Never none.
                server.send(signal.SIGTTOU)
                ended = [client for client, holder in zip(kept, holders, strict=True) if holder != survivor]
                assert {client.wait_for_clean_end() for client in ended} == {b""}
                clients.wait_for_answers(20)
                assert kept[holders.index(survivor)].get().text == survivor
        assert not clients.failed
        assert not server.seen("worker_died")
        assert pids_of(server, 20) == {survivor}
        assert server.stop() == 0


def pids_of(server: ServerProcess, count: int) -> set[str]:
    """Return who answers so many connections that are open at once."""
    with ExitStack() as stack:
        clients = [stack.enter_context(server.connect()) for _ in range(count)]
        return {client.get().text for client in clients}


@pytest.mark.parametrize("workers", [pytest.param(2, marks=pytest.mark.thorough), 3])
def test_a_reload_by_steps_never_leaves_fewer_serving(tmp_path: Path, workers: int) -> None:
    write(tmp_path, {"main.py": TROUBLE})
    with ServerProcess("run", "-w", str(workers), "--reload-step", "1", cwd=tmp_path) as server:
        server.wait_for("ready", generation=1)
        with SteadyClients(server.port) as clients:
            server.send(signal.SIGHUP)
            server.wait_for("ready", generation=2)
            server.wait_for("generation_left", generation=1)
        assert not clients.failed
        assert len(server.seen("worker_ready", generation=2)) == workers
        assert not server.seen("worker_died")
        assert server.stop() == 0


def test_a_reload_by_steps_goes_one_by_one(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    write(tmp_path, {"main.py": app_that_says("old")})
    with ServerProcess("run", "-w", "2", "--reload-step", "1", cwd=tmp_path) as server:
        server.wait_for("ready", generation=1)
        # The second of the new ones waits; the first serves already, beside one of the old.
        once = f"import os\ntry:\n    os.mkdir('first')\nexcept FileExistsError:\n    {gate.code}\n"
        write(tmp_path, {"main.py": once + app_that_says("new")})
        server.send(signal.SIGHUP)
        gate.wait_for_somebody()
        server.wait_for("worker_ready", generation=2)
        assert len(server.seen("worker_ready", generation=2)) == 1
        assert not server.seen("ready", generation=2)
        [new] = workers_of(server, generation=2)
        with stopped(new):
            assert server.get().text == "old"
        with stopped(*workers_of(server, generation=1)):
            assert server.get().text == "new"
        gate.open()
        server.wait_for("generation_left", generation=1)
        assert server.get().text == "new"
        assert server.stop() == 0


MIB = 1024 * 1024
WEIGHS_100_MIB = "weight = bytearray(b'x') * 100 * 1024 * 1024\n"


@pytest.mark.outside("root", "cgroup memory")
def test_a_reload_for_which_memory_is_too_short_goes_by_steps_of_itself(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": WEIGHS_100_MIB + TROUBLE})
    with cgroup("memory") as group, ServerProcess("run", "-w", "2", cwd=tmp_path, under=group.inside) as server:
        server.wait_for("ready", generation=1)
        group.limit_memory(480 * MIB)
        with SteadyClients(server.port) as clients:
            server.send(signal.SIGHUP)
            told = server.wait_for("reload_by_steps", generation=2)
            server.wait_for("ready", generation=2)
            server.wait_for("generation_left", generation=1)
        assert not clients.failed
        assert 0 < told["left"] < told["used"] < 480 * MIB
        assert told["used"] > 200 * MIB
        assert not server.seen("worker_died"), "the kernel killed nobody"
        # With room for both it does not.
        group.limit_memory(2048 * MIB)
        server.send(signal.SIGHUP)
        server.wait_for("ready", generation=3)
        assert len(server.seen("reload_by_steps")) == 1
        assert server.stop() == 0


SECOND_FAILS = """
import os
try:
    os.mkdir("first")
except FileExistsError:
    if not os.path.exists("second"):
        os.mkdir("second")
        raise
"""


def test_a_reload_by_steps_that_fails_in_the_middle_brings_the_old_back_to_full_count(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": TROUBLE})
    with ServerProcess("run", "-w", "2", "--reload-step", "1", cwd=tmp_path) as server:
        server.wait_for("ready", generation=1)
        write(tmp_path, {"main.py": SECOND_FAILS + TROUBLE})
        with SteadyClients(server.port) as clients:
            server.send(signal.SIGHUP)
            server.wait_for("app_failed", generation=2)
            server.wait_for("generation_left", generation=2)
            server.wait_for_all(3, {"event": "worker_ready", "generation": 1})
            clients.wait_for_answers(10)
        assert not clients.failed
        assert len(pids_of(server, 20)) == 2
        assert server.stop() == 0


def test_settings_are_read_again_at_a_reload_and_what_needs_a_restart_is_named(tmp_path: Path) -> None:
    table = "[tool.tcli.run]\nworkers = 1\ngraceful-timeout = 20\nport = 0\n"
    write(tmp_path, {"main.py": TROUBLE, "pyproject.toml": table})
    with ServerProcess("run", cwd=tmp_path) as server:
        server.wait_for("ready", generation=1)
        changed = (
            table.replace("workers = 1", "workers = 2").replace("= 20", "= 0.3").replace("port = 0", "backlog = 7")
        )
        write(tmp_path, {"pyproject.toml": changed})
        server.send(signal.SIGHUP)
        assert server.wait_for("needs_restart")["names"] == ["backlog"]
        server.wait_for("ready", generation=2, workers=2)
        assert len(server.seen("worker_ready", generation=2)) == 2
        with server.connect() as client:
            client.ask("/forever")
            server.wait_for(message="in flight")
            server.send(signal.SIGTERM)
            assert client.wait_for_end() == b""
        assert "0.3 s" in str(server.wait_for("unfinished")["message"])
        assert server.wait_for_exit() == 0


def test_settings_that_have_become_wrong_are_told_and_the_old_ones_stay(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": TROUBLE, "pyproject.toml": "[tool.tcli.run]\nworkers = 1\n"})
    with ServerProcess("run", cwd=tmp_path) as server:
        server.wait_for("ready", generation=1)
        write(tmp_path, {"pyproject.toml": "[tool.tcli.run]\nworkers = 'many'\n"})
        server.send(signal.SIGHUP)
        assert "workers" in str(server.wait_for("settings_failed")["message"])
        assert server.get().status == 200
        assert server.stop() == 0


def test_a_release_behind_a_link_is_followed(tmp_path: Path) -> None:
    for release in ("one", "two"):
        settings = f"[tool.tcli.run]\nworkers = {1 if release == 'one' else 2}\n"
        write(tmp_path / release, {"main.py": app_that_says(release), "pyproject.toml": settings})
    current = tmp_path / "current"
    current.symlink_to("one")
    # As a shell or a service manager enters it.
    under = ["env", f"PWD={current}"]
    with ServerProcess("run", cwd=current, under=under) as server:
        server.wait_for("ready", generation=1)
        assert server.get().text == "one"
        (tmp_path / "next").symlink_to("two")
        (tmp_path / "next").replace(current)
        with SteadyClients(server.port) as clients:
            server.send(signal.SIGHUP)
            server.wait_for("ready", generation=2, workers=2)
            server.wait_for("generation_left", generation=1)
        assert not clients.failed
        assert server.get().text == "two"
        assert server.stop() == 0


def test_a_release_that_has_gone_keeps_the_old_one_serving(tmp_path: Path) -> None:
    # S17
    folder = write(tmp_path / "release", {"main.py": app_that_says("one")})
    with ServerProcess("run", cwd=folder) as server:
        server.wait_for("ready", generation=1)
        folder.rename(tmp_path / "elsewhere")
        server.send(signal.SIGHUP)
        server.wait_for("settings_failed")
        assert "release" in str(server.wait_for("app_failed", generation=2)["message"])
        assert server.get().text == "one"
        assert server.stop() == 0
