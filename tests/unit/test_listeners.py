"""Listeners: what a host means, and errors that say what to do."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from tornado_cli.errors import ExitCode
from tornado_cli.system.addresses import ListenError, addresses_of, is_loopback, plain_host, url_of
from tornado_cli.system.listeners import PortTaken, adopt, next_free, open_listeners, port_of

BACKLOG = 16


needs_ipv6 = pytest.mark.outside("IPv6")


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def opened(stack: ExitStack, host: str, port: int = 0) -> list[socket.socket]:
    return [stack.enter_context(listener) for listener in open_listeners(host, port, BACKLOG)]


def hosts(listeners: list[socket.socket]) -> list[str]:
    return [listener.getsockname()[0] for listener in listeners]


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        ("127.0.0.1", ["127.0.0.1"]),
        ("localhost", ["127.0.0.1", "::1"]),
        ("LOCALHOST.", ["127.0.0.1", "::1"]),
        ("app.localhost", ["127.0.0.1", "::1"]),
        ("", ["0.0.0.0", "::"]),
        ("*", ["0.0.0.0", "::"]),
        ("0.0.0.0", ["0.0.0.0"]),
        ("::", ["::"]),
        ("[::1]", ["::1"]),
    ],
)
@needs_ipv6
def test_a_host_is_listened_on_in_all_that_it_means(stack: ExitStack, host: str, addresses: list[str]) -> None:
    listeners = opened(stack, host)
    assert hosts(listeners) == addresses
    assert len({listener.getsockname()[1] for listener in listeners}) == 1


def test_listeners_take_connections_at_once_and_never_block_or_leak(stack: ExitStack) -> None:
    (listener,) = opened(stack, "127.0.0.1")
    with pytest.raises(BlockingIOError):
        listener.accept()
    assert not listener.get_inheritable()
    assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)
    stack.enter_context(socket.create_connection(listener.getsockname(), timeout=5))


@needs_ipv6
def test_both_families_are_separate_sockets(stack: ExitStack) -> None:
    for listener in opened(stack, "*"):
        if listener.family == socket.AF_INET6:
            assert listener.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)


def test_a_port_that_is_taken_is_told_with_its_number(stack: ExitStack) -> None:
    port = port_of(opened(stack, "127.0.0.1"))
    with pytest.raises(PortTaken, match=f"Port {port} is taken") as caught:
        open_listeners("127.0.0.1", port, BACKLOG)
    assert caught.value.port == port
    assert caught.value.exit_code == ExitCode.FAILURE
    assert "--port" in caught.value.hint


@needs_ipv6
def test_a_name_is_taken_when_one_of_its_addresses_is(stack: ExitStack) -> None:
    port = port_of(opened(stack, "::1"))
    with pytest.raises(PortTaken):
        open_listeners("localhost", port, BACKLOG)
    # What had been opened before is free again.
    opened(stack, "127.0.0.1", port)


def test_the_next_free_port_is_used_and_the_taken_one_remembered(stack: ExitStack) -> None:
    port = port_of(opened(stack, "127.0.0.1"))
    found = next_free("127.0.0.1", port, BACKLOG)
    for listener in found.listeners:
        stack.enter_context(listener)
    assert port < found.port == port_of(found.listeners)
    assert found.taken is not None
    assert found.taken.port == port


def test_a_port_that_is_free_is_used_as_it_is(stack: ExitStack) -> None:
    found = next_free("127.0.0.1", 0, BACKLOG)
    stack.enter_context(found.listeners[0])
    assert found.taken is None
    assert found.port == port_of(found.listeners)


def test_after_the_last_port_there_is_no_next_one(stack: ExitStack) -> None:
    with suppress(OSError):  # Taken by somebody else, it is as good.
        stack.enter_context(socket.socket()).bind(("127.0.0.1", 65535))
    with pytest.raises(PortTaken, match="65535"):
        next_free("127.0.0.1", 65535, BACKLOG)


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("192.0.2.1", r"192\.0\.2\.1 is not an address of this machine"),
        ("no-such-host.invalid", "The host 'no-such-host.invalid' is unknown"),
        ("x" * 64, "is unknown"),
        ("a\0b", "is unknown"),
    ],
)
def test_a_host_that_cannot_be_listened_on_is_told_with_the_reason(host: str, reason: str) -> None:
    with pytest.raises(ListenError, match=reason) as caught:
        open_listeners(host, 0, BACKLOG)
    assert "--host" in caught.value.hint


def test_a_privileged_port_is_told_from_a_taken_one() -> None:
    program = (
        "import os, sys\n"
        "from tornado_cli.system.listeners import ListenError, open_listeners\n"
        "''.encode('idna')  # Its codec may lie where the other user cannot read.\n"
        "if os.geteuid() == 0: os.seteuid(65534)\n"
        "try: open_listeners('127.0.0.1', 1, 1)\n"
        "except ListenError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "Port 1 needs a privilege that this user does not have.\n"


class NoIPv6(socket.socket):
    """What Linux answers where IPv6 is switched off for all interfaces."""

    def bind(self, address: object) -> None:
        if self.family == socket.AF_INET6:
            raise OSError(99, "Cannot assign requested address")
        super().bind(address)  # type: ignore[arg-type]


@pytest.mark.parametrize(("host", "addresses"), [("localhost", ["127.0.0.1"]), ("*", ["0.0.0.0"])])
def test_a_machine_without_ipv6_listens_on_the_other_family(
    stack: ExitStack, monkeypatch: pytest.MonkeyPatch, host: str, addresses: list[str]
) -> None:
    monkeypatch.setattr("tornado_cli.system.listeners.socket.socket", NoIPv6)
    assert hosts(opened(stack, host)) == addresses
    with pytest.raises(ListenError, match="is not an address of this machine"):
        open_listeners("::1", 0, BACKLOG)


def test_a_child_takes_over_what_it_inherits(stack: ExitStack) -> None:
    listeners = opened(stack, "localhost")
    program = (
        "import sys\n"
        "from tornado_cli.system.listeners import adopt\n"
        "for listener in adopt(map(int, sys.argv[1:])):\n"
        "    print(*listener.getsockname()[:2], listener.get_inheritable(), listener.getblocking())"
    )
    descriptors = [listener.fileno() for listener in listeners]
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, descriptors)],
        pass_fds=descriptors,
        stdout=subprocess.PIPE,
        text=True,
        timeout=30,
        check=True,
    )
    port = port_of(listeners)
    assert done.stdout.splitlines() == [f"{host} {port} False False" for host in hosts(listeners)]


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no Unix sockets")
def test_a_unix_listener_is_adopted_too(stack: ExitStack) -> None:
    ours, theirs = socket.socketpair()
    stack.enter_context(theirs)
    (adopted,) = adopt([ours.detach()])
    assert stack.enter_context(adopted).family == socket.AF_UNIX


# ---- what a host means ----


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("LocalHost.", True),
        ("app.localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("[::1]", True),
        ("0:0:0:0:0:0:0:1", True),
        ("", False),
        ("*", False),
        ("0.0.0.0", False),
        ("::", False),
        ("192.0.2.1", False),
        ("localhost.example.com", False),
        ("notlocalhost", False),
        ("../x.localhost", False),
        ("-.localhost", False),
        ("example.com", False),
    ],
)
def test_only_what_never_leaves_this_machine_is_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("scheme", "host", "port", "url"),
    [
        ("http", "127.0.0.1", 8000, "http://127.0.0.1:8000"),
        ("https", "::1", 8443, "https://[::1]:8443"),
        ("https", "[::1]", 8443, "https://[::1]:8443"),
        ("http", "", 8000, "http://localhost:8000"),
        ("http", "*", 8000, "http://localhost:8000"),
        ("http", "0.0.0.0", 8000, "http://localhost:8000"),
        ("http", "::", 8000, "http://localhost:8000"),
        ("http", "example.com", 80, "http://example.com"),
        ("https", "example.com", 443, "https://example.com"),
        ("http", "example.com", 443, "http://example.com:443"),
    ],
)
def test_a_url_can_be_clicked_on(scheme: str, host: str, port: int, url: str) -> None:
    assert url_of(scheme, host, port) == url


@pytest.mark.parametrize(
    ("host", "plain"), [("[2001:DB8::0]", "2001:db8::"), ("Example.COM.", "example.com"), ("*", "*"), ("", "")]
)
def test_hosts_are_compared_in_one_form(host: str, plain: str) -> None:
    assert plain_host(host) == plain


def test_an_address_that_is_found_twice_is_listened_on_once() -> None:
    assert len(addresses_of("127.0.0.1")) == 1
