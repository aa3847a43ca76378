"""`tcli run` on a machine that runs out of something, or has a strange clock."""

import os
import resource
import shutil
import signal
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.cgroups import cgroup
from support.load import SteadyClients
from support.process_tree import children_of, command_of, cpu_seconds
from support.project import app_that_says, write
from support.server_process import DEADLINE, ServerProcess
from support.trouble import TROUBLE, let_pass, workers_of

SPARES = 2


def wait_until_forked(server: ServerProcess, workers: int) -> None:
    """Return when the leader has forked so many."""
    deadline = time.monotonic() + DEADLINE
    [leader] = [pid for pid in server.tree() if "run.leader" in command_of(pid) and "run.leader" not in parent_of(pid)]
    while len(children_of(leader)) < workers:
        assert time.monotonic() < deadline
        let_pass(0.02)


def parent_of(pid: int) -> str:
    """Return the command of a process's parent."""
    status = Path(f"/proc/{pid}/status").read_text()
    return command_of(int(status.partition("PPid:")[2].split()[0]))


@pytest.mark.outside("root", "cgroup pids")
@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.thorough), 2])
def test_when_no_process_can_be_forked_the_others_serve_and_it_recovers(tmp_path: Path, workers: int) -> None:
    # S21
    write(tmp_path, {"main.py": TROUBLE})
    with (
        cgroup("pids") as group,
        ServerProcess("run", "-w", str(workers), cwd=tmp_path, under=group.inside) as server,
    ):
        server.wait_for("ready")
        # Else the leader tries to fork its spares and hears of no death before it can.
        wait_until_forked(server, workers + SPARES)
        group.limit_processes(1)
        victim = int(server.get().text)
        os.kill(victim, signal.SIGKILL)
        server.wait_for("worker_died", worker=victim)
        if workers > 1:
            assert int(server.get().text) in workers_of(server)
        server.wait_for("cannot_fork")
        group.limit_processes(None)
        server.wait_for_all(workers + 1, {"event": "worker_ready"})
        with SteadyClients(server.port) as clients:
            clients.wait_for_answers(10)
        assert not clients.failed
        assert server.stop() == 0


@pytest.mark.outside("root", "cgroup pids")
def test_a_reload_for_which_no_process_can_be_started_keeps_the_old(tmp_path: Path) -> None:
    # S21
    write(tmp_path, {"main.py": TROUBLE})
    with cgroup("pids") as group, ServerProcess("run", cwd=tmp_path, under=group.inside) as server:
        server.wait_for("ready")
        group.limit_processes(1)
        server.send(signal.SIGHUP)
        assert "leader" in str(server.wait_for("app_failed", generation=2)["message"])
        assert int(server.get().text) in workers_of(server)
        group.limit_processes(None)
        server.send(signal.SIGHUP)
        server.wait_for("ready", generation=3)
        assert server.stop() == 0


def test_a_worker_without_free_descriptors_pauses_and_recovers(tmp_path: Path) -> None:
    # S22
    write(tmp_path, {"main.py": TROUBLE})
    with (
        ServerProcess("run", cwd=tmp_path) as server,
        ExitStack() as stack,
    ):
        server.wait_for("ready")
        [worker] = workers_of(server)
        open_now = len(os.listdir(f"/proc/{worker}/fd"))  # noqa: PTH208 - of a process.
        resource.prlimit(worker, resource.RLIMIT_NOFILE, (open_now + 10, open_now + 10))
        clients = [stack.enter_context(server.connect()) for _ in range(30)]
        for client in clients:
            client.ask(Connection="close")
        for client in clients:
            assert client.answer().status == 200
        kept = [stack.enter_context(server.connect()) for _ in range(30)]
        server.wait_for("accept_paused")
        assert kept[0].get().status == 200
        before = cpu_seconds(worker)
        let_pass(0.5)
        assert cpu_seconds(worker) - before < 0.1
        for client in kept:
            client.close()
        assert server.get().status == 200
        assert len(server.seen("accept_paused")) <= 2
        assert not server.seen("worker_died")
        assert server.stop() == 0


EATS = """
from tornado.web import Application, RequestHandler

class Main(RequestHandler):
    def get(self):
        self.write("small")

class Eat(RequestHandler):
    def get(self):
        eaten = []
        while True:
            eaten.append(bytearray(16 * 1024 * 1024))

def make_app():
    return Application([("/", Main), ("/eat", Eat)])
"""


@pytest.mark.outside("root", "cgroup memory")
@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.thorough), 2])
def test_a_worker_that_the_kernel_killed_for_want_of_memory_is_told_as_such(tmp_path: Path, workers: int) -> None:
    # S23
    write(tmp_path, {"main.py": EATS})
    with (
        cgroup("memory") as group,
        ServerProcess("run", "-w", str(workers), cwd=tmp_path, under=group.inside) as server,
    ):
        group.limit_memory(400 * 1024 * 1024)
        server.wait_for("ready")
        with server.connect() as client:
            client.ask("/eat")
            assert client.wait_for_end() == b""
        died = server.wait_for("worker_died")
        assert "out of memory" in str(died["message"])
        server.wait_for_all(workers + 1, {"event": "worker_ready"})
        assert server.get().text == "small"
        assert server.stop() == 0


def faketime_library() -> Path:
    program = shutil.which("faketime")
    assert program is not None
    [library] = Path(program).parents[1].glob("lib/**/faketime/libfaketime.so.1")
    return library


@pytest.mark.outside("faketime")
def test_jumps_of_the_wall_clock_end_nobody_and_the_log_follows(tmp_path: Path) -> None:
    # S24
    write(tmp_path, {"main.py": TROUBLE})
    clock = tmp_path / "clock"
    clock.write_text("+0")
    env = {
        "LD_PRELOAD": str(faketime_library()),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_NO_CACHE": "1",
    }
    with ServerProcess("run", "--hang-timeout", "0.5", cwd=tmp_path, env=env) as server:
        server.wait_for("ready")
        before = workers_of(server)
        for jump in ("+3600", "-3600", "+0"):
            clock.write_text(jump)
            assert int(server.get(f"/?{jump}").text) in before
            server.wait_for("access", path=f"/?{jump}")
        hours = {str(line["time"])[:13] for line in server.seen("access")}
        assert len(hours) == 3
        assert not server.seen("worker_died")
        assert server.stop() == 0


# S25: what cannot be listened on is one message, before any worker.


def assert_is_refused(server: ServerProcess, *words: str) -> None:
    assert server.wait_for_exit() == 1
    said = [line for line in server.stderr.splitlines() if line]
    assert all(any(word in line for line in said) for word in words), server.told()
    assert len(said) <= 2, "one message and one hint"
    assert not server.events
    assert not server.tree()


def test_a_taken_port_is_one_message(tmp_path: Path) -> None:
    # S25
    write(tmp_path, {"main.py": TROUBLE})
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with ServerProcess("run", "-w", "2", cwd=tmp_path, port=port) as server:
            assert_is_refused(server, f"Port {port} is taken", str(os.getpid()))


@pytest.mark.outside("setpriv", "root")
def test_a_privileged_port_is_one_message(tmp_path: Path) -> None:
    # S25
    write(tmp_path, {"main.py": TROUBLE})
    # Root without that one privilege: another user might not be let at the interpreter.
    without = "-net_bind_service"
    under = ["unshare", "-n", "setpriv", f"--bounding-set={without}", f"--inh-caps={without}"]
    with ServerProcess("run", cwd=tmp_path, port=80, under=under) as server:
        assert_is_refused(server, "Port 80 needs a privilege")


@pytest.mark.parametrize("host", ["203.0.113.7", "no such host"])
def test_a_bad_address_is_one_message(tmp_path: Path, host: str) -> None:
    # S25
    write(tmp_path, {"main.py": TROUBLE})
    with ServerProcess("run", "--host", host, cwd=tmp_path) as server:
        assert_is_refused(server, host)


@pytest.mark.outside("unshare", "ip", "root")
def test_a_machine_without_ipv6_is_one_message_or_no_trouble(tmp_path: Path) -> None:
    # S25
    write(tmp_path, {"main.py": TROUBLE})
    off = 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; ip link set lo up; exec "$@"'
    under = ["unshare", "-n", "sh", "-c", off, "sh"]
    with ServerProcess("run", "--host", "::1", cwd=tmp_path, under=under) as server:
        assert_is_refused(server, "::1 is not an address of this machine")
    with ServerProcess("run", "--host", "localhost", cwd=tmp_path, under=under) as server:
        server.wait_for("ready")
        assert server.stop() == 0


STARTS_CHILD = "__import__('subprocess').Popen(['sleep', '3600'], close_fds=False)"


@pytest.mark.parametrize("when", ["import", "request"])
def test_a_child_of_the_application_does_not_keep_the_port(tmp_path: Path, when: str) -> None:
    # S27
    at_request = app_that_says("one").replace("def get(self):", f"def get(self):\n        {STARTS_CHILD}")
    at_import = f"{STARTS_CHILD}\n{app_that_says('one')}"
    write(tmp_path, {"main.py": at_import if when == "import" else at_request})
    with ServerProcess("run", cwd=tmp_path, alone=True) as server:
        server.wait_for("ready")
        assert server.get().text == "one"
        [child] = [pid for pid in server.tree() if "sleep" in command_of(pid)]
        assert not [link for link in map(os.readlink, Path(f"/proc/{child}/fd").iterdir()) if "socket:" in str(link)]
        assert server.stop() == 0
        server.assert_port_is_free()


@pytest.mark.outside("taskset")
def test_workers_0_counts_the_cpus_that_it_may_use(tmp_path: Path) -> None:
    # S29
    write(tmp_path, {"main.py": TROUBLE})
    cpu = min(os.sched_getaffinity(0))
    with ServerProcess("run", "-w", "0", cwd=tmp_path, under=["taskset", "-c", str(cpu)]) as server:
        assert server.wait_for("workers")["workers"] == 1
        server.wait_for("ready")
        assert len(server.seen("worker_ready")) == 1
        assert server.stop() == 0


@pytest.mark.outside("root", "cgroup cpu")
def test_workers_0_counts_what_a_quota_leaves(tmp_path: Path) -> None:
    # S29
    write(tmp_path, {"main.py": TROUBLE})
    with cgroup("cpu") as group:
        group.limit_cpus(1.0)
        with ServerProcess("run", "-w", "0", cwd=tmp_path, under=group.inside) as server:
            told = server.wait_for("workers")
            assert told["workers"] == 1
            assert "quota" in str(told["message"])
            server.wait_for("ready")
            assert server.stop() == 0
