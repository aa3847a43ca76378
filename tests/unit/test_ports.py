"""A port that is taken is explained: by whom, and nothing more."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path

import pytest

from tornado_cli.system.listeners import PortTaken, open_listeners
from tornado_cli.system.ports import ListeningSocket, holder_of, in_the_way, shown_command

pytestmark = pytest.mark.outside("linux")

IPV6 = pytest.mark.outside("IPv6")
LISTEN = (
    "import os, socket, sys\n"
    "family = socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET\n"
    "listener = socket.create_server((sys.argv[1], 0), family=family)\n"
    "child = os.fork()\n"
    "if child: print(listener.getsockname()[1], flush=True)\n"
    "sys.stdin.read()"
)


@contextmanager
def process_that_listens(host: str) -> Iterator[tuple[int, int]]:
    """Start one, with a forked child that holds the listener too; give its pid and port."""
    with subprocess.Popen(
        [sys.executable, "-c", LISTEN, host], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        yield process.pid, int(process.stdout.readline())


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", *(pytest.param(one, marks=IPV6) for one in ("::", "::1"))])
def test_the_process_that_opened_the_listener_is_found_not_its_children(host: str) -> None:
    with process_that_listens(host) as (pid, port):
        holder = holder_of(port, host)
        assert holder is not None
        assert holder.pid == pid
        assert holder.command.startswith(Path(sys.executable).name + " -c import os")


def test_the_error_of_a_taken_port_names_the_process() -> None:
    with process_that_listens("127.0.0.1") as (pid, port):
        with pytest.raises(PortTaken, match=rf"^Port {port} is taken by pid {pid} \(python\S* -c ") as caught:
            open_listeners("localhost", port, 1)
        assert caught.value.holder == holder_of(port, "127.0.0.1")


def test_a_port_that_nobody_holds_has_no_holder() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert holder_of(bound.getsockname()[1], "127.0.0.1") is None


def test_a_client_of_a_port_does_not_hold_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert holder_of(client.getsockname()[1], "127.0.0.1") is None


def test_this_process_is_not_named_as_somebody_else() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert holder_of(server.getsockname()[1], "127.0.0.1") is None


# Only root can become somebody who may not look.
@pytest.mark.outside("root")
def test_of_a_process_that_cannot_be_looked_into_the_user_is_told() -> None:
    program = (
        "import os, sys; from tornado_cli.system.ports import holder_of\n"
        "os.seteuid(65534); print(holder_of(int(sys.argv[1]), '127.0.0.1'))"
    )
    with process_that_listens("127.0.0.1") as (_, port):
        done = subprocess.run([sys.executable, "-c", program, str(port)], capture_output=True, text=True, check=True)
    assert done.stdout == "a process of root\n"


def line(address: str, port: int) -> ListeningSocket:
    return ListeningSocket(ip_address(address), port, inode=address, uid=0)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("127.0.0.1", ["127.0.0.1"]),
        ("127.0.0.3", []),
        ("0.0.0.0", ["127.0.0.1", "127.0.0.2"]),
        ("::1", ["::1"]),
        ("localhost", ["127.0.0.1", "127.0.0.2", "::1"]),
        ("", ["127.0.0.1", "127.0.0.2", "::1"]),
    ],
)
def test_only_listeners_in_the_way_are_blamed(wanted: str, found: list[str]) -> None:
    sockets = [line("127.0.0.1", 80), line("127.0.0.2", 80), line("::1", 80), line("127.0.0.1", 81)]
    assert [listening.inode for listening in in_the_way(80, wanted, sockets)] == found


def test_a_listener_on_all_addresses_is_in_the_way_of_each() -> None:
    assert in_the_way(80, "127.0.0.1", [line("0.0.0.0", 80)])
    assert in_the_way(80, "127.0.0.1", [line("::", 80)])
    assert [one.inode for one in in_the_way(80, "127.0.0.1", [line("::", 80), line("0.0.0.0", 80)])] == ["0.0.0.0"]


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["/usr/bin/python3", "app.py"], "python3 app.py"),
        (["nginx: master process /usr/sbin/nginx"], "nginx"),
        (["app", "--password=hunter2", "--port=80"], "app --password=*** --port=80"),
        (["app", "--api-key", "hunter2", "serve"], "app --api-key *** serve"),
        (["app", "--token", "--verbose"], "app --token --verbose"),
        (["env", "DB_PASSWORD=hunter2", "app"], "env DB_PASSWORD=*** app"),
        (["app", "postgres://ada:hunter2@db/x"], "app postgres://ada:***@db/x"),
        (["app", "postgres://ada@db/x"], "app postgres://ada@db/x"),
        (["a\x1b[31mb", "\x07\x9b\n", "ü", "\u202e"], "a\\x1b[31mb \\x07\\x9b\\n ü \\u202e"),
        (["app", "x" * 100], "app " + "x" * 75 + "…"),
        ([""], ""),
    ],
)
def test_a_foreign_command_is_shown_short_harmless_and_without_secrets(arguments: list[str], shown: str) -> None:
    assert shown_command(arguments) == shown


def test_lines_of_the_kernel_are_read_in_the_byte_order_of_the_machine(tmp_path: Path) -> None:
    net = tmp_path / "self" / "net"
    net.mkdir(parents=True)
    heading = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    address = f"{int.from_bytes(bytes([127, 0, 0, 1]), sys.byteorder):08X}"
    rest = f"00000000:0000 0A 00000000:00000000 00:00000000 00000000 {os.getuid()} 0 4711 1 0 100 0 0 10 0"
    (net / "tcp").write_text(f"{heading}   0: {address}:1F40 {rest}\n")
    (tmp_path / "123" / "fd").mkdir(parents=True)
    (tmp_path / "123" / "fd" / "5").symlink_to("socket:[4711]")
    (tmp_path / "123" / "cmdline").write_bytes(b"/opt/bin/serverd\0-x\0")
    assert str(holder_of(8000, "127.0.0.1", proc=tmp_path)) == "pid 123 (serverd -x)"
    assert holder_of(8000, "127.0.0.2", proc=tmp_path) is None
    assert holder_of(8001, "127.0.0.1", proc=tmp_path) is None
    (tmp_path / "123" / "fd" / "5").unlink()
    unseen = holder_of(8000, "127.0.0.1", proc=tmp_path)
    assert unseen is not None
    assert str(unseen) == f"a process of {unseen.user}"
